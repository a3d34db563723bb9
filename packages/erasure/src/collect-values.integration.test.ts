import { createDatasets } from "@lethe/datasets/create-datasets";
import { parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { collectValues } from "./collect-values.js";
import type { ErasedSubject } from "./erased-subject.js";

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 1, "lethe-collect-values");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

const subject = (erasureId: string, ids: string[], emails: string[]): ErasedSubject => ({
  ...{ erasureId, subjectId: erasureId, outcome: "unlink", key: parsePrivacyKey("22".repeat(32)), pseudonym: "p" },
  ...{ ids, emails, names: [] },
});

it("collects every version's values and files of each subject, and no one else's", async () => {
  await pool.query(`
    insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded');
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    select 'customers', 'file ' || n, '2020-01-01', 0, sha256(n::text::bytea), 1, id, 'done'
    from ledger.runs, generate_series(1, 8) n;
    insert into warehouse.customers (id, first_name, last_name, email, phone_number, phone_e164, address, postcode, city,
                                     source_partition, source_file_id, valid_from)
    values ('013000', 'Jane', 'Doe', 'jane@box.example', '020 7946 0111', '+442079460111', '1 High St', 'N1 1AA', 'London', now(), 1, now()),
           ('013001', 'Otto', 'Ott', 'otto@box.example', '020 7946 0222', null, null, null, null, now(), 2, now()),
           ('013002', 'Janet', 'Doe', 'jane@box.example', '020 7946 0333', null, null, null, null, now(), 8, now());
    insert into warehouse.customers_history (id, first_name, last_name, email, address, source_partition, source_file_id, valid_from, loaded_at)
    values ('013000', 'Jane', 'Maid', 'early@box.example', '2 Low St', now(), 3, now(), now());
    insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
    select gen_random_uuid(), now(), id, 1, 4 from (values ('013000'), ('013002')) as t (id);
    insert into warehouse.delivery_addresses (transaction_key, transaction_id, address)
    select transaction_key, transaction_id, 'at ' || customer_id from warehouse.transactions;
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message, payload, subject_customer_id, subject_email)
    select dataset, 'schema', runs.id, file_id, '', payload, customer_id, email from ledger.runs, (values
      ('customers', 5, '{"id":"013000","first_name":"Jane","last_name":"Roe","phone_number":"07700 900111"}', '013000', null),
      ('customers', 6, '{"id":null,"email":"jane@box.example","address":"3 Mid St"}', null, 'jane@box.example'),
      ('transactions', 7, '{"customer_id":13000,"delivery_address":{"address":"4 End St","postcode":"N2"}}', '013000', null),
      ('customers', 8, '{"id":"013002","address":"5 Other St"}', '013002', 'jane@box.example')
    ) as q (dataset, file_id, payload, customer_id, email);`);
  const found = await collectValues(pool, { datasets: createDatasets() }, [
    subject("jane", ["013000"], ["jane@box.example", "early@box.example"]),
    subject("otto", ["013001"], ["otto@box.example"]),
    subject("nobody", ["999999"], ["nobody@box.example"]),
  ]);
  const jane = found.get("jane");
  expect(new Set(jane?.values.map(({ kind, value }) => `${kind}: ${value}`))).toEqual(
    new Set([
      ...["phone: 020 7946 0111", "phone: +442079460111", "phone: 07700 900111", "postcode: N1 1AA", "postcode: N2"],
      ...["address: 1 High St", "address: 2 Low St", "address: at 013000", "address: 3 Mid St", "address: 4 End St"],
    ]),
  );
  expect(new Set(jane?.names)).toEqual(new Set(["jane doe", "jane maid", "jane roe"]));
  expect([...(jane?.fileIds ?? [])].sort()).toEqual([1, 3, 4, 5, 6, 7]);
  expect(found.get("otto")).toMatchObject({ names: ["otto ott"], fileIds: [2] });
  expect(found.get("nobody")).toEqual({
    ...{ ids: ["999999"], emails: ["nobody@box.example"], names: [], records: [], values: [], fileIds: [] },
  });
});
