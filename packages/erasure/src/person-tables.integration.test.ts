import { neutral, personal, shown, type TableDeclaration } from "@lethe/contracts/data-map";
import * as definitions from "@lethe/datasets/all-datasets";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { strategiesOf } from "@lethe/privacy/policy";
import { parsePrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { declaredTables } from "@lethe/warehouse/data-map";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { maskRow, type Row } from "./mask-row.js";
import {
  countRows,
  type PersonTable,
  personTables,
  selectEverybody,
  selectIdentity,
  selectRows,
  selectSourceFiles,
  uniteRows,
  updateRows,
} from "./person-tables.js";

const datasets = createDatasets();
const tables = personTables(datasets);
const policy = readPolicy({}, datasets.fields);
const key = parsePrivacyKey("22".repeat(32));
const JANE = "013000";
const ALIAS = pseudonym(key, JANE);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 1, "lethe-person-tables");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  await pool.query(`
    truncate ledger.runs, ledger.files, ledger.quarantine, warehouse.customers, warehouse.customers_history,
             warehouse.transactions, warehouse.delivery_addresses, warehouse.purchases, warehouse.products,
             warehouse.products_history, warehouse.erasure_requests restart identity cascade;
    insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded');
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    select 'customers', 'file ' || n, '2020-01-01', 0, sha256(n::text::bytea), 1, id, 'done'
    from ledger.runs, generate_series(1, 5) n;
    insert into warehouse.customers (id, first_name, email, phone_number, phone_e164, country, country_code, date_of_birth,
                                     source_partition, source_file_id, valid_from)
    values ('${JANE}', 'Jane', 'jane@box.example', '020 7946 0111', '+442079460111', 'United Kingdom', 'GB', '1980-05-17', now(), 1, now()),
           ('013001', 'Otto', 'otto@box.example', null, null, null, null, null, now(), 2, now());
    insert into warehouse.customers_history (id, first_name, email, source_partition, source_file_id, valid_from, loaded_at)
    values ('${JANE}', 'Jane', 'early@box.example', now(), 3, now(), now()),
           ('013002', 'Janet', 'jane@box.example', now(), 3, now(), now());
    insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
    select gen_random_uuid(), now(), id, 1, 4 from (values ('${JANE}'), ('${JANE}'), ('013001')) as t (id);
    insert into warehouse.delivery_addresses (transaction_key, transaction_id, address, country, country_code)
    select transaction_key, transaction_id, 'at ' || customer_id, 'Ireland', 'IE' from warehouse.transactions;`);
});

const of = (name: string): PersonTable => {
  const table = tables.find(({ declaration }) => declaration.name === name);
  if (table === undefined) throw new Error(`${name} holds no people`);
  return table;
};
const read = async (table: PersonTable, ids: string[], emails: string[] = []) => {
  const { text, values } = selectRows(table, ids, emails);
  return (await pool.query<{ key: unknown; customerId: string; email: string | null; row: Row }>(text, [...values]))
    .rows;
};
const mask = async (table: PersonTable, ids: string[]) => {
  const strategies = strategiesOf(policy, table.dataset);
  const masked = (await read(table, ids)).map(({ key: own, row }) => ({
    key: own,
    row: maskRow(table, row, strategies, key).row,
  }));
  for (const statement of uniteRows(table, datasets)) await pool.query(statement, [JSON.stringify(masked)]);
  await pool.query(updateRows(table), [JSON.stringify(masked)]);
};

describe("the tables that hold people", () => {
  it("follow from the declarations: their own columns say so, or those of the table that they belong to", () => {
    expect(
      tables.map(({ declaration, email, maskable }) => [declaration.name, email !== null, maskable.length > 0]),
    ).toEqual([
      ["warehouse.customers", true, true],
      ["warehouse.customers_history", true, true],
      ["warehouse.transactions", false, false],
      ["warehouse.delivery_addresses", false, true],
    ]);
  });

  it("grow with a dataset that declares one more", () => {
    const notes: TableDeclaration = {
      name: "warehouse.notes",
      title: "Notes",
      primaryKey: "note_id",
      columns: { ...shown("note_id"), ...neutral("transaction_key"), text: personal("delivery_address.city") },
      belongsTo: { table: "warehouse.transactions", key: "transaction_key" },
      rights: { scheduler: "select", loader: "select, insert, update" },
    };
    const { transactions } = definitions;
    const more = createDatasets(
      Object.values(definitions).map((dataset) =>
        dataset === transactions ? { ...transactions, tables: [...transactions.tables, notes] } : dataset,
      ),
    );
    expect(personTables(more).map(({ declaration }) => declaration.name)).toContain("warehouse.notes");
  });
});

describe("rows of people", () => {
  it("are found by id and by email, and by the id of the row that they belong to", async () => {
    const found = await read(of("warehouse.customers_history"), [JANE], ["jane@box.example"]);
    expect(found.map(({ customerId, email }) => [customerId, email]).sort()).toEqual([
      [JANE, "early@box.example"],
      ["013002", "jane@box.example"],
    ]);
    const addresses = await read(of("warehouse.delivery_addresses"), [JANE]);
    expect(addresses.map(({ customerId, row }) => [customerId, row.address])).toEqual([
      [JANE, `at ${JANE}`],
      [JANE, `at ${JANE}`],
    ]);
    expect(await read(of("warehouse.customers"), [], [])).toEqual([]);
  });

  it("are counted by customer", async () => {
    const { text, values } = countRows(of("warehouse.transactions"), [JANE, "013001", "none"]);
    const { rows } = await pool.query<{ customerId: string; records: number }>(text, [...values]);
    expect(rows.sort((a, b) => a.records - b.records)).toEqual([
      { customerId: "013001", records: 1 },
      { customerId: JANE, records: 2 },
    ]);
  });

  it("are masked by key, with what is derived, and take what refers to them along; others stay", async () => {
    await mask(of("warehouse.delivery_addresses"), [JANE]);
    await mask(of("warehouse.customers_history"), [JANE]);
    await mask(of("warehouse.customers"), [JANE]);
    const { rows } = await pool.query("select * from warehouse.customers order by id");
    expect(rows[1]).toMatchObject({
      id: ALIAS,
      first_name: null,
      email: null,
      phone_e164: null,
      country: "United Kingdom",
      country_code: "GB",
      date_of_birth: "1980-01-01",
      erased_at: expect.any(Date),
    });
    expect(rows[0]).toMatchObject({ id: "013001", first_name: "Otto", erased_at: null });
    const sales = await pool.query(`select customer_id, address, country_code from warehouse.transactions
                                    join warehouse.delivery_addresses using (transaction_key) order by 1`);
    expect(sales.rows).toEqual([
      { customer_id: "013001", address: "at 013001", country_code: "IE" },
      { customer_id: ALIAS, address: null, country_code: "IE" },
      { customer_id: ALIAS, address: null, country_code: "IE" },
    ]);
    expect(await read(of("warehouse.customers"), [JANE], ["jane@box.example"])).toEqual([]);
  });

  it("of somebody who came back and is erased again become one row, and all sales are of that one", async () => {
    await mask(of("warehouse.customers"), [JANE]);
    await pool.query(`
      insert into warehouse.customers (id, first_name, segment, source_partition, source_file_id, valid_from)
      values ('${JANE}', 'Jane', 'gold', now(), 5, now());
      insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
      values (gen_random_uuid(), now(), '${JANE}', 1, 5)`);
    await mask(of("warehouse.customers"), [JANE]);
    const current = await pool.query(
      "select id, first_name, segment, source_file_id as file from warehouse.customers order by id",
    );
    expect(current.rows).toEqual([
      { id: "013001", first_name: "Otto", segment: null, file: 2 },
      { id: ALIAS, first_name: null, segment: "gold", file: 5 },
    ]);
    const past = await pool.query(`select count(*)::int as n from warehouse.customers_history where id = '${ALIAS}'`);
    expect(past.rows).toEqual([{ n: 1 }]);
    const sales = await pool.query(
      `select count(*)::int as n from warehouse.transactions where customer_id = '${ALIAS}'`,
    );
    expect(sales.rows).toEqual([{ n: 3 }]);
  });
});

describe("who a request is of", () => {
  const ask = async (id: string, email: string) => {
    const { text, values } = selectIdentity(tables, id, email);
    const { rows } = await pool.query<{ ids: string[]; identity: string }>(text, [...values]);
    return { ids: rows[0]?.ids.sort(), identity: rows[0]?.identity };
  };

  it.each([
    [JANE, "jane@box.example", [JANE, "013002"], "match"],
    [JANE, "early@box.example", [JANE], "mismatch"],
    [JANE, "else@box.example", [JANE], "mismatch"],
    ["099999", "otto@box.example", ["013001", "099999"], "unknown"],
  ])("%s with %s", async (id, email, ids, identity) => {
    expect(await ask(id, email)).toEqual({ ids, identity });
  });
});

describe("the whole warehouse", () => {
  it("names everybody by place, each buyer once", async () => {
    const { rows } = await pool.query(
      `select place, count(*)::int as n from (${selectEverybody(tables)}) as e group by 1 order by 1`,
    );
    expect(rows).toEqual([
      { place: "warehouse.customers", n: 2 },
      { place: "warehouse.customers_history", n: 2 },
      { place: "warehouse.transactions", n: 2 },
    ]);
  });

  it("leads to the files of a person's rows, quarantined ones and requests among them", async () => {
    await pool.query(
      `insert into ledger.quarantine (dataset, reason, run_id, file_id, message, subject_email)
       select 'customers', 'schema', id, 5, 'no', 'jane@box.example' from ledger.runs`,
    );
    const sources = selectSourceFiles(declaredTables(datasets.database));
    const filesOf = async (ids: string[], email: string | null) => {
      const { rows } = await pool.query<{ file: number }>(
        `select distinct file_id as file from (${sources}) as s order by 1`,
        [ids, email],
      );
      return rows.map(({ file }) => file);
    };
    expect(await filesOf([JANE], null)).toEqual([1, 3, 4]);
    expect(await filesOf([JANE], "jane@box.example")).toEqual([1, 3, 4, 5]);
    expect(await filesOf(["none"], null)).toEqual([]);
    await pool.query(
      `with subject as (insert into privacy.subjects (outcome) values ('pseudonymise') returning id)
       insert into warehouse.erasure_requests
         (customer_key, email_key, key_id, pseudonym, pseudonyms, state, policy_version, requested_at, source_file_id, run_id,
          subject_id, outcome)
       select '\\x01', '\\x02', 'k', 'p_1', '{p_1,p_2}', 'suppressed', '1', now(), 2, r.id, s.id, 'pseudonymise'
       from ledger.runs r, subject s`,
    );
    expect(await filesOf(["p_2"], null)).toEqual([2]);
  });
});
