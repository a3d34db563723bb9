import { createDatasets } from "@lethe/datasets/create-datasets";
import { readPolicy } from "@lethe/privacy/read-policy";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { takeErasures } from "@lethe/warehouse/erasures/erasure-fence";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { startSearchRun } from "./search-run.js";
import { findRowsLeft, scanTables, searchTables } from "./search-tables.js";
import { createSearchedPeople } from "./searched-people.js";

const datasets = createDatasets();
const policy = readPolicy({}, datasets.fields);
const ERASURE = "11111111-1111-4111-8111-111111111111";
const people = createSearchedPeople(
  new Map([
    [
      ERASURE,
      {
        ids: ["004004"],
        emails: ["jane@box.example"],
        names: ["jane doe"],
        values: [{ kind: "phone", value: "020 7946 0111" }],
        fileIds: [1],
      },
    ],
  ]),
  datasets,
);
const nobody = () => undefined;

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 2, "lethe-search-tables");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  await pool.query(`
    truncate ledger.runs, ledger.files, ledger.batches, ledger.quarantine, ledger.notices, ledger.record_warnings, ledger.schema_changes,
             warehouse.customers, warehouse.erasure_requests, privacy.subjects, privacy.review_findings restart identity cascade;
    insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'failed');
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    select 'customers', 'file ' || n, '2020-01-01', 0, sha256(n::text::bytea), 1, id, 'done' from ledger.runs, generate_series(1, 5) n;
    insert into privacy.subjects (outcome) values ('unlink');
    insert into warehouse.erasure_requests (id, customer_key, email_key, pseudonym, state, policy_version, requested_at,
                                            source_file_id, key_id, run_id, subject_id, outcome)
    select '${ERASURE}', 'a', 'b', 'p_00000000000000000000', 'suppressed', 'v', now(), 1, 'k', r.id, s.id, 'unlink'
    from ledger.runs r, privacy.subjects s;
    insert into warehouse.customers (id, first_name, last_name, email, phone_number, address, segment, source_partition, source_file_id, valid_from)
    values ('013001', 'Jane', 'Doe', 'otto@box.example', '+44 20 7946 0111', 'c/o jane%40box.example', 'friend of customer 004004', now(), 2, now()),
           ('013002', 'Ada', 'Adams', 'jane@box.example', '004004', null, null, now(), 2, now());`);
});

const search = async (scope: "everything" | "own files" = "everything") => {
  const run = startSearchRun();
  const changed = await searchTables(
    { pool, datasets, policy, fence: await takeErasures(pool) },
    people,
    nobody,
    scope,
    run,
  );
  return { run, changed };
};
const texts = async (query: string) => (await pool.query<{ text: string }>(query)).rows.map(({ text }) => text);

it("redacts identifiers in somebody else's row, reports what others may share, and keeps the rest", async () => {
  const { run, changed } = await search();
  expect(
    await texts(
      "select concat_ws('|', id, first_name, email, phone_number, address, segment) as text from warehouse.customers order by id",
    ),
  ).toEqual([
    "013001|Jane|otto@box.example|+44 20 7946 0111|c/o [erased]|friend of customer [erased]",
    "013002|Ada|jane@box.example|004004",
  ]);
  expect(changed).toEqual(["warehouse.customers"]);
  expect([...run.failures]).toEqual([]);
  expect(
    await texts("select kind || ' ' || place || ' ' || pointer as text from privacy.review_findings order by 1"),
  ).toEqual(["email warehouse.customers email", "name warehouse.customers ", "phone warehouse.customers phone_number"]);
  expect((await search()).changed).toEqual([]);
});

it("redacts everything of a person in the ledger, in every kind of column", async () => {
  await pool.query(`
    insert into ledger.batches (id, run_id, number, state, bytes, error_message)
    select gen_random_uuid(), id, 1, 'failed', 1, 'no "jane\\u0040box.example" here' from ledger.runs;
    insert into ledger.notices (run_id, code, path, message)
    select id, 'file_unknown', path, 'See Jane Doe.' from ledger.runs, (values ('a/jane@box.example.txt'), ('a/JANE@box.example.txt')) as p (path);
    update ledger.runs set error_message = 'call 020 7946 0111', replay_filter = '{"missingKey": "004004", "n": [1]}';
    insert into ledger.schema_changes (batch_id, change, field, records, first_file_id, first_line)
    select id, 'new', field, 1, 1, 1 from ledger.batches, (values ('/004004'), ('/jane@box.example')) as f (field);
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message, pointer, payload, payload_encoding)
    select 'customers', reason, id, 1, message, pointer, payload, encoding from ledger.runs, (values
      ('unreadable', 'of jane@box.example', null, '{"email": "jane&commat;box.example', 'utf8'),
      ('unreadable', 'm', null, encode('\\xff204a616e6520446f65'::bytea, 'base64'), 'base64'),
      ('schema', 'm', '/jane@box.example', '{"id":"013001","note":"004004"}', 'utf8'),
      ('schema', 'm', null, '{"id":"013001","note":"4004"}', 'utf8'),
      ('held', 'm', null, '{"id":"004004"}', 'utf8')
    ) as q (reason, message, pointer, payload, encoding);`);
  await search();
  expect(await texts("select error_message as text from ledger.batches")).toEqual([
    'no "[erased] here'.replace('"[erased]', "[erased]"),
  ]);
  const notices = await texts("select path || ' ' || message as text from ledger.notices order by 1");
  expect(notices.join()).not.toMatch(/jane/i);
  expect(new Set(notices).size).toBe(2);
  expect(await texts("select error_message || replay_filter as text from ledger.runs")).toEqual([
    'call [erased]{"n": [1], "missingKey": "[erased]"}',
  ]);
  expect((await texts("select field as text from ledger.schema_changes")).join()).not.toMatch(/jane|4004/);
  expect(
    await texts("select concat_ws('|', status, message, pointer, payload) as text from ledger.quarantine order by id"),
  ).toEqual([
    "erased|of [erased]|[erased]",
    "erased|m|[erased]",
    'open|m|/[erased]|{"id":"013001","note":"[erased]"}',
    'open|m|{"id":"013001","note":"4004"}',
    'open|m|{"id":"004004"}',
  ]);
});

it("clears what a quarantined record is filed under, with the record and without it", async () => {
  await pool.query(`
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message, payload, subject_customer_id, subject_email, missing_key)
    select dataset, reason, id, 1, 'm', payload, customer_id, email, missing_key from ledger.runs, (values
      ('erasure-requests', 'schema', '{"customer-id":"004004","email":"jane@box.example","x":1}', '004004', 'jane@box.example', null),
      ('erasure-requests', 'schema', '{"customer_id":"004004","email":"jane@box.example"}', null, 'jane@box.example', null),
      ('erasure-requests', 'identity_mismatch', '{"customer-id":"013009","email":"jane@box.example"}', '013009', 'jane@box.example', null),
      ('transactions', 'schema', null, '004004', null, null),
      ('transactions', 'unknown_customer', '{"transaction_id":"x","customer_id":"004004"}', '004004', null, '004004'),
      ('transactions', 'unknown_sku', '{"transaction_id":"y","customer_id":"013001"}', '013001', null, '4004'),
      ('customers', 'schema', '{"id":"013002","first_name":"Ada","last_name":"Adams","email":"jane@box.example"}', '013002', 'jane@box.example', null)
    ) as q (dataset, reason, payload, customer_id, email, missing_key);`);
  const { run } = await search();
  expect([...run.failures]).toEqual([]);
  const rows = await texts(
    "select format('%s %s %s', subject_customer_id, subject_email, missing_key) as text from ledger.quarantine order by id",
  );
  expect(rows.join("\n")).not.toContain("004004");
  expect(rows.filter((row) => row.includes("jane"))).toEqual(["013002 jane@box.example "]);
  expect(rows.at(-2)).toBe("013001  4004");
  expect((await search()).changed).toEqual([]);
});

it("holds up the erasure of a person whose own row is left, and of nobody else", async () => {
  await pool.query(`
    insert into warehouse.customers (id, email, source_partition, source_file_id, valid_from)
    values ('004004', null, now(), 2, now())`);
  const { run } = await search();
  expect([...run.failures.values()]).toEqual([
    { erasureId: ERASURE, errorCode: "still_found", place: "warehouse.customers", name: "" },
  ]);
  const large = startSearchRun();
  await findRowsLeft({ pool, datasets }, people, { ids: ["004004"], emails: [] }, large);
  expect([...large.failures.keys()]).toEqual([ERASURE]);
});

it("changes nothing when it only looks, and counts what is held apart", async () => {
  await pool.query(`
    insert into ledger.quarantine (dataset, reason, run_id, file_id, message, payload)
    select 'customers', reason, id, 1, 'm', '{"id":"004004"}' from ledger.runs, (values ('held'), ('schema')) as q (reason)`);
  const { scans } = await scanTables({ pool, datasets, policy }, people, nobody);
  expect(scans.filter(({ findings, held }) => findings + held > 0)).toEqual([
    { place: "ledger.quarantine", records: 2, findings: 1, held: 1 },
    { place: "warehouse.customers", records: 2, findings: 1, held: 0 },
  ]);
  expect(await texts("select address as text from warehouse.customers where address is not null")).toEqual([
    "c/o jane%40box.example",
  ]);
});
