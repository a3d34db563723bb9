import { createDatasets } from "@lethe/datasets/create-datasets";
import { connect } from "@lethe/test-kit/connect";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { declaredTables } from "@lethe/warehouse/data-map";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

const ROLES = ["lethe_scheduler", "lethe_extractor", "lethe_transformer", "lethe_loader"] as const;
type Role = (typeof ROLES)[number];

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 2, "lethe-e2e");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

it("the roles have the table rights that are declared, and no others, by PUBLIC or otherwise", async () => {
  const declared = declaredTables(createDatasets().database).flatMap(({ name, rights }) =>
    Object.entries(rights).map(([role, privileges]) => ({ relation: name, role: `lethe_${role}`, privileges })),
  );
  const { rows } = await pool.query(
    `select holder, c.oid::regclass::text as relation, privilege
     from unnest($1::text[]) as holder
     cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
     cross join pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname in ('ledger', 'warehouse', 'privacy', 'public', 'analytics')
       and has_table_privilege(holder, c.oid, privilege) <> exists (
         select from jsonb_to_recordset($2::jsonb) as d (relation text, role text, privileges text)
         where d.role = holder and to_regclass(d.relation) = c.oid
           and d.privileges ~* ('\\m' || privilege || '\\M(?! *\\()'))`,
    [[...ROLES, "lethe_merger"], JSON.stringify(declared)],
  );
  expect(declared.length).toBeGreaterThan(50);
  expect(rows).toEqual([]);
});

it("the roles cannot log in, and are no masters of anything", async () => {
  const { rows } = await pool.query(
    `select rolname from pg_roles
     where rolname = any ($1)
       and not (rolcanlogin or rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)
       and not exists (select from pg_auth_members where member = pg_roles.oid)
       and not exists (select from pg_class where relowner = pg_roles.oid)`,
    [ROLES],
  );
  expect(rows.map(({ rolname }) => rolname).sort()).toEqual([...ROLES].sort());
});

/** Statements that a service makes its living of: they touch no row, and the right to them is asked all the same. */
const ALLOWED: Readonly<Record<Role, readonly string[]>> = {
  lethe_scheduler: [
    "insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'queued')",
    "select from ledger.runs for update",
    "update ledger.files set state = 'released' where false",
    "update ledger.batches set state = 'cancelled' where false",
    "select from ledger.quarantine for update",
    "update ledger.quarantine set status = 'discarded', payload = null, approved_at = null where false",
    "select ledger.add_correction(0, '', '', null, null)",
    "update ledger.schedules set enabled = true where false",
    "select * from warehouse.customers",
    "select * from warehouse.customers_history",
    "select * from warehouse.delivery_addresses",
    "select * from warehouse.transactions join warehouse.purchases using (transaction_key)",
    "update warehouse.customers set restricted_at = null where false",
    "insert into privacy.subjects (outcome) select 'pseudonymise' where false",
    "update warehouse.erasure_requests set state = 'lifted' where false",
    "update privacy.suppressions set lifted_at = null where false",
    "update privacy.suppression_epoch set epoch = epoch + 1",
    "insert into privacy.suppression_log (erasure_id, act, note) select null, 'lifted', '' where false",
    "insert into privacy.proof_log (sequence) select 1 where false",
    "insert into privacy.checkpoints (number) select 1 where false",
    "select from public.lethe_migrations",
  ],
  lethe_extractor: [
    "select from ledger.runs for share",
    "update ledger.runs set state = 'extracting' where false",
    "insert into ledger.files (path) select '' where false returning id",
    "insert into ledger.batches (number) select 1 where false",
    "insert into ledger.batch_segments (position) select 1 where false",
    "insert into ledger.quarantine (message) select '' where false",
    "insert into ledger.notices (code) select '' where false on conflict (run_id, code, path) do nothing",
    "select payload from ledger.quarantine",
    "select id from warehouse.customers",
    "select sku from warehouse.products",
  ],
  lethe_transformer: [
    "select from ledger.batches b join ledger.runs r on r.id = b.run_id",
    "update ledger.batches set state = 'transformed', transform_ms = 0 where false",
    "select * from privacy.suppressions, privacy.suppression_epoch",
  ],
  lethe_loader: [
    // What is folded into sums goes.
    "delete from warehouse.transactions where false",
    "create temp table stage (id integer) on commit drop",
    "insert into warehouse.customers (id) select '' where false",
    "delete from warehouse.customers where false",
    "update warehouse.delivery_addresses set address = null where false",
    "insert into warehouse.purchases (line) select 1 where false",
    "insert into ledger.quarantine (message) select '' where false",
    "update ledger.quarantine set payload = '[erased]' where false",
    "select from privacy.suppression_epoch for share",
    "insert into privacy.suppressions (key_id) select '' where false",
    "insert into privacy.proof_log (sequence) select 1 where false",
    "insert into privacy.checkpoints (number) select 1 where false",
    "insert into privacy.erasure_places (place) select '' where false",
    "update warehouse.erasure_requests set state = 'completed' where false",
  ],
};

/** What each would like to do if somebody else had it in their hands. */
const REFUSED: Readonly<Record<Role, readonly string[]>> = {
  lethe_scheduler: [
    "update warehouse.customers set email = null",
    "update warehouse.customers_history set email = null",
    "delete from warehouse.customers",
    "insert into warehouse.transactions (customer_id) values ('')",
    "update ledger.quarantine set reason = 'schema'",
    "update ledger.quarantine set subject_email = null",
    "insert into ledger.quarantine (message) values ('')",
    "update warehouse.erasure_requests set pseudonym = ''",
    "insert into warehouse.erasure_requests (pseudonym) values ('')",
    "delete from privacy.suppressions",
    "update privacy.suppressions set key = ''",
    "update privacy.checkpoints set signature = ''",
  ],
  lethe_extractor: [
    "select email from warehouse.customers",
    "select from warehouse.transactions",
    "select from warehouse.delivery_addresses",
    "insert into warehouse.customers (id) values ('')",
    "update ledger.quarantine set payload = ''",
    "select ledger.add_correction(0, '', '', null, null)",
    "insert into ledger.runs (job) values ('customers')",
    "update ledger.schedules set enabled = false",
    "select from privacy.suppressions",
    "select from privacy.proof_log",
    "update privacy.suppression_epoch set epoch = 0",
  ],
  lethe_transformer: [
    "select from warehouse.customers",
    "select from ledger.quarantine",
    "select ledger.add_correction(0, '', '', null, null)",
    "select from ledger.files",
    "insert into ledger.batches (number) values (1)",
    "update ledger.runs set state = 'succeeded'",
    "insert into privacy.suppressions (key_id) values ('')",
    "update privacy.suppressions set lifted_at = now()",
    "update privacy.suppression_epoch set epoch = 0",
    "select from privacy.proof_log",
  ],
  lethe_loader: [
    "delete from warehouse.customers_history",
    "delete from ledger.runs",
    "delete from ledger.quarantine",
    "select ledger.add_correction(0, '', '', null, null)",
    "delete from privacy.suppressions",
    "insert into ledger.files (path) values ('')",
    "insert into ledger.batches (number) values (1)",
    "update ledger.schedules set enabled = false",
    "insert into privacy.suppression_log (act, note) values ('lifted', '')",
    "select from privacy.suppression_log",
    "select from analytics.customers",
  ],
};

/** What nobody may but the owner. */
const REFUSED_TO_ALL = [
  "update privacy.proof_log set body = '{}'",
  "delete from privacy.proof_log",
  "truncate privacy.proof_log",
  "update privacy.checkpoints set hash = ''",
  "delete from privacy.checkpoints",
  "truncate privacy.checkpoints",
  "update privacy.suppression_log set note = ''",
  "delete from privacy.suppression_log",
  "truncate privacy.suppression_log",
  "delete from privacy.review_findings",
  "create schema mine",
  "create table ledger.mine (id integer)",
  "create table public.mine (id integer)",
  "alter table privacy.proof_log disable trigger all",
  "alter table ledger.runs add column mine text",
  "set session_replication_role = replica",
  "create index mine on warehouse.customers (email)",
  "create or replace function warehouse.merge_transactions() returns void language sql as ''",
  "drop table ledger.notices",
  "drop schema ledger cascade",
  "truncate ledger.runs cascade",
  "create role mine superuser",
  "alter role current_user superuser",
  "copy (select 1) to program 'true'",
  "select pg_read_file('postgresql.conf')",
  "update ledger.applied_definitions set roles = '{}'",
  "delete from public.lethe_migrations",
];

describe.each(ROLES)("%s", (role) => {
  it.each(ALLOWED[role])("may %s", async (statement) => {
    await expect(asRole(role, statement)).resolves.toBeUndefined();
  });

  it.each([...REFUSED[role], ...REFUSED_TO_ALL])("may not %s", async (statement) => {
    await expect(asRole(role, statement)).rejects.toMatchObject({ code: INSUFFICIENT_PRIVILEGE });
  });
});

const INSUFFICIENT_PRIVILEGE = "42501";

/** Runs a statement as a role and takes back what it did. Refusals come before anything else that is wrong with it. */
async function asRole(role: Role, statement: string): Promise<void> {
  const client = await connect(pool);
  try {
    await client.query(`begin; set local role ${role}`);
    await client.query(statement);
  } finally {
    await client.query("rollback");
    client.release();
  }
}
