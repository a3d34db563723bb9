import { PURCHASE_STAGING, TRANSACTION_STAGING } from "@lethe/datasets/transactions/merge";
import { connect } from "@lethe/test-kit/connect";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { type Client, createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

// The merge of transactions runs without PostgreSQL's checks of foreign keys, so it has to refuse what they would.

const CUSTOMER = "013000";
const SKU = 50_121;
const ID = "7f3c2a9e-1d44-4b0e-9f57-0c1b5e5f7a11";

let database: TestDatabase;
let pool: Pool;
let loader: Awaited<ReturnType<typeof connect>>;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 3, "lethe-e2e");
  await pool.query(`
    with run as (insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded') returning id),
    file as (
      insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
      select 'customers', 'a', '2020-01-01', 0, sha256(''), 1, id, 'done' from run returning id
    ), customer as (
      insert into warehouse.customers (id, source_partition, source_file_id, valid_from)
      select '${CUSTOMER}', now(), id, now() from file
    )
    insert into warehouse.products (sku, name, price, category, popularity, source_partition, source_file_id, valid_from)
    select ${SKU}, 'soap', 1, 'bath', 1, now(), id, now() from file`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

beforeEach(async () => {
  loader = await connect(pool);
  await loader.query("begin; set local role lethe_loader; set local lock_timeout = '200ms'");
});
afterEach(async () => {
  await loader.query("rollback");
  loader.release(true);
});

const LOCK_NOT_AVAILABLE = "55P03";

it("brings a transaction, its address and its lines", async () => {
  await stage({ lines: 2 });
  expect(await take()).toEqual([]);
  await merge();
  expect(await everything()).toEqual([{ customer_id: CUSTOMER, city: "Split", lines: [1, 2] }]);
});

describe("gives back, and leaves out of the warehouse,", () => {
  it("a transaction of a customer who is not there", async () => {
    await stage({ customer: "999999" });
    expect(await take()).toEqual([{ part: 0, ordinal: 0, reason: "unknown_customer", missing_key: "999999" }]);
    await merge();
    expect(await everything()).toEqual([]);
  });

  it("a transaction of which a product is not there: of several the first", async () => {
    await stage({ lines: 2 });
    await loader.query("insert into stage_purchases values (0, 4, 8, 1, 1, 1), (0, 3, 9, 1, 1, 1)");
    expect(await take()).toEqual([{ part: 0, ordinal: 0, reason: "unknown_sku", missing_key: "9" }]);
    await merge();
    expect(await everything()).toEqual([]);
  });

  it("a transaction that is there, whatever else is wrong with it: a conflict where anything differs", async () => {
    await stage({});
    expect(await take()).toEqual([]);
    await merge();
    const before = await everything();
    const cases: readonly (readonly [reason: string, Parameters<typeof stage>[0], change?: string])[] = [
      ["duplicate", {}],
      ["duplicate", {}, "update stage_purchases set price = 1.000, total = 1.0"],
      ["conflict", { lines: 3 }],
      ["conflict", { customer: "999999" }],
      ["conflict", { sku: SKU + 1 }],
      ["conflict", {}, "update stage_transactions set total_cost = 2"],
      ["conflict", {}, "update stage_transactions set transaction_time = '2020-01-01'"],
      ["conflict", {}, "update stage_transactions set address = null"],
      ["conflict", {}, "update stage_transactions set country_code = 'HU'"],
      ["conflict", {}, "update stage_purchases set quantity = 2"],
      ["conflict", {}, "update stage_purchases set total = 2"],
    ];
    for (const [reason, again, change] of cases) {
      await emptyStage();
      await stage(again);
      if (change !== undefined) await asOwner(change);
      expect([change, await take()]).toEqual([change, [{ part: 0, ordinal: 0, reason, missing_key: null }]]);
      await merge();
      expect(await everything()).toEqual(before);
    }
  });

  it("a transaction of which an erasure has left nothing to compare: a duplicate", async () => {
    await stage({});
    await take();
    await merge();
    await asOwner(`update warehouse.customers set erased_at = now() where id = '${CUSTOMER}'`);
    await emptyStage();
    await stage({ lines: 3 });
    expect(await take()).toEqual([{ part: 0, ordinal: 0, reason: "duplicate", missing_key: null }]);
  });

  it("all but the first of what several batches hold, of those that could be taken", async () => {
    await stage({ part: 0, customer: "999999" });
    await stage({ part: 1 });
    await stage({ part: 2, lines: 2 });
    await stage({ part: 3 });
    await stage({ part: 4, customer: "999999" });
    expect((await take()).map(({ part, reason }) => [part, reason])).toEqual([
      [0, "unknown_customer"],
      [2, "conflict"],
      [3, "duplicate"],
      [4, "conflict"],
    ]);
    await merge();
    expect(await everything()).toEqual([{ customer_id: CUSTOMER, city: "Split", lines: [1] }]);
  });
});

describe("refuses", () => {
  it("a line without its transaction", async () => {
    await stage({});
    await loader.query("insert into stage_purchases values (7, 1, $1, 1, 1, 1)", [SKU]);
    await take();
    await expect(merge()).rejects.toMatchObject({ code: "23502" });
  });

  it("lines of a transaction that was staged when the others had been taken", async () => {
    await stage({});
    await take();
    await stage({ part: 1 });
    await expect(merge()).rejects.toMatchObject({ code: "23502" });
  });

  it("a line of a product that is not there, staged when the others had been taken", async () => {
    await stage({});
    await take();
    await loader.query("insert into stage_purchases values (0, 2, $1, 1, 1, 1)", [SKU + 1]);
    await expect(merge()).rejects.toMatchObject({ code: "23503" });
  });

  it("a line of a product that has got another number since it was taken", async () => {
    await stage({});
    await take();
    await loader.query("update warehouse.products set sku = $1 where sku = $2", [SKU + 1, SKU]);
    await expect(merge()).rejects.toMatchObject({ code: "23503" });
  });

  it("a transaction that has been taken and is no longer staged", async () => {
    await stage({});
    await take();
    await loader.query("delete from stage_transactions; delete from stage_purchases");
    await expect(merge()).rejects.toMatchObject({ code: "23000" });
  });

  it("a duplicate of what is deleted while it takes the next: it would have lines, and no transaction", async () => {
    const [owner, other] = [await connect(pool), await connect(pool)];
    const next = "8f3c2a9e-1d44-4b0e-9f57-0c1b5e5f7a11";
    const insert = `
      insert into warehouse.transactions (transaction_id, transaction_time, customer_id, total_cost, source_file_id)
      select $1, now(), '${CUSTOMER}', 1, source_file_id from warehouse.customers where id = '${CUSTOMER}'`;
    try {
      await owner.query(insert, [ID]);
      await other.query("begin");
      await other.query(insert, [next]);
      await stage({ part: 0 });
      await stage({ part: 1, id: next });
      await loader.query("set local lock_timeout = 0");
      const outcome = expect(take()).rejects.toMatchObject({ code: "40001" });
      await waitsForLock(owner, loader);
      await owner.query("delete from warehouse.transactions where transaction_id = $1", [ID]);
      await other.query("rollback");
      await outcome;
    } finally {
      await owner.query("delete from warehouse.transactions");
      owner.release(true);
      other.release(true);
    }
  });

  it("a transaction that has not been taken", async () => {
    await stage({});
    await expect(merge()).rejects.toMatchObject({ code: "23502" });
  });

  it.each([
    "create temp view stage_purchases as select 0 as ordinal, 1::smallint as line, 1 as sku, 1 as quantity, 1.0 as price, 1.0 as total",
    "create temp table stage_purchases (ordinal integer, line smallint, sku integer, quantity integer, price numeric, total numeric)",
  ])("staging tables that the caller has made: they could run code with the merge's rights (%s)", async (statement) => {
    await loader.query(statement);
    await loader.query("savepoint before");
    await expect(openStage()).rejects.toMatchObject({ code: "42P07" });
    await loader.query("rollback to savepoint before");
    await loader.query("create temp table stage_transactions (ordinal integer)");
    await loader.query("create temp table taken_transactions (ordinal integer)");
    for (const entrance of [take, merge]) {
      await loader.query("savepoint before");
      await expect(entrance()).rejects.toMatchObject({ code: "42501" });
      await loader.query("rollback to savepoint before");
    }
  });

  it("a caller who writes what has been taken", async () => {
    await openStage();
    const forged = "insert into taken_transactions (part, ordinal, transaction_key) values (0, 0, 1)";
    await expect(loader.query(forged)).rejects.toMatchObject({ code: "42501" });
  });

  it("staging tables that are missing", async () => {
    await expect(merge()).rejects.toMatchObject({ code: "42501" });
  });
});

it("keeps the customer and the product that it refers to until it commits", async () => {
  await stage({});
  await take();
  await merge();
  const other = await connect(pool);
  try {
    for (const statement of [
      `update warehouse.customers set id = 'a pseudonym' where id = '${CUSTOMER}'`,
      `delete from warehouse.customers where id = '${CUSTOMER}'`,
      `delete from warehouse.products where sku = ${SKU}`,
    ]) {
      await other.query("begin; set local lock_timeout = '200ms'");
      await expect(other.query(statement), statement).rejects.toMatchObject({ code: LOCK_NOT_AVAILABLE });
      await other.query("rollback");
    }
  } finally {
    other.release(true);
  }
});

it("waits for whoever renames a customer, and then does not find the old name", async () => {
  const other = await connect(pool);
  try {
    await other.query("begin");
    await other.query(`update warehouse.customers set id = 'a pseudonym' where id = '${CUSTOMER}'`);
    await stage({});
    await loader.query("savepoint before");
    await expect(take()).rejects.toMatchObject({ code: LOCK_NOT_AVAILABLE });
    await loader.query("rollback to savepoint before; set local lock_timeout = 0");
    const outcome = expect(take()).resolves.toMatchObject([{ reason: "unknown_customer", missing_key: CUSTOMER }]);
    await other.query("commit");
    await outcome;
  } finally {
    // It has locked the customer under the new name.
    await loader.query("rollback");
    await other.query(`update warehouse.customers set id = '${CUSTOMER}' where id = 'a pseudonym'`);
    other.release(true);
  }
});

it("has the right to leave the checks out with a role that no service can take on, and for its own time alone", async () => {
  await stage({});
  await take();
  await merge();
  expect((await loader.query("show session_replication_role")).rows).toEqual([{ session_replication_role: "origin" }]);
  const { rows } = await loader.query(
    `select proname, pg_get_userbyid(proowner) as owner, 'session_replication_role=origin' = any (proconfig) as "putsBack"
     from pg_proc where proname in ('merge_transactions', 'open_transaction_stage', 'take_transactions') order by proname`,
  );
  expect(rows).toEqual([
    { proname: "merge_transactions", owner: "lethe_merger", putsBack: true },
    { proname: "open_transaction_stage", owner: "lethe_merger", putsBack: false },
    { proname: "take_transactions", owner: "lethe_merger", putsBack: true },
  ]);
  for (const statement of ["set session_replication_role = replica", "set role lethe_merger"]) {
    await loader.query("savepoint before");
    await expect(asLogin(statement)).rejects.toMatchObject({ code: "42501" });
    await loader.query("rollback to savepoint before");
  }
});

it("runs triggers of one's own, and then leaves the checks to PostgreSQL", async () => {
  await stage({ lines: 3 });
  await take();
  await loader.query("reset role");
  await loader.query(`
    create temp table seen (line integer);
    create function pg_temp.note() returns trigger language plpgsql security definer as $$
      begin insert into pg_temp.seen values (new.line); return new; end $$;
    create trigger note after insert on warehouse.purchases for each row execute function pg_temp.note();
    grant execute on function pg_temp.note() to public;
    set local role lethe_loader`);
  await merge();
  await loader.query("reset role");
  expect((await loader.query("select line from pg_temp.seen order by line")).rows).toEqual(
    [1, 2, 3].map((line) => ({ line })),
  );
  expect(await looksAt("products")).toBeGreaterThanOrEqual(3);
});

it("lets rules of one's own do what they are for, and then leaves the checks to PostgreSQL", async () => {
  await loader.query("reset role");
  await loader.query(`
    create table warehouse.seen (line integer);
    create rule note as on insert to warehouse.purchases do also insert into warehouse.seen values (new.line);
    set local role lethe_loader`);
  await stage({ lines: 3 });
  await take();
  await merge();
  await loader.query("reset role");
  expect((await loader.query("select line from warehouse.seen order by line")).rows).toEqual(
    [1, 2, 3].map((line) => ({ line })),
  );
});

it("looks a product up once in each of the two calls, for however many lines", async () => {
  await stage({ lines: 50 });
  await take();
  expect(await looksAt("products")).toBe(1);
  await merge();
  expect(await looksAt("products")).toBe(2);
});

it("looks each transaction up by index, also where the statistics say that there is nothing to read", async () => {
  await pool.query("vacuum warehouse.transactions");
  await openStage();
  await loader.query("set local lethe.part = 0");
  await loader.query(
    `insert into stage_transactions select n, 1, gen_random_uuid(), now(), $1, 1, 'Obala 1', '21000', 'Split', 'Croatia', 'HR'
     from generate_series(1, 100) as n`,
    [CUSTOMER],
  );
  expect(await take()).toEqual([]);
  await loader.query("reset role");
  const { rows } = await loader.query(
    `select seq_scan as whole, idx_scan as "byIndex" from pg_stat_xact_user_tables
     where relid = 'warehouse.transactions'::regclass`,
  );
  expect(rows).toEqual([{ whole: 0, byIndex: 100 }]);
});

it("stages the columns that the dataset fills", async () => {
  await openStage();
  for (const table of [TRANSACTION_STAGING, PURCHASE_STAGING]) {
    const { rows } = await loader.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, null) as type from pg_attribute
       where attrelid = to_regclass($1) and attnum > 0 order by attnum`,
      [`pg_temp.${table.name}`],
    );
    const short = { "timestamp with time zone": "timestamptz" } as Readonly<Record<string, string>>;
    expect(rows.map(({ name, type }) => [name, short[type] ?? type])).toEqual([...table.columns, ["part", "smallint"]]);
  }
});

async function openStage() {
  return loader.query("select warehouse.open_transaction_stage()");
}

async function take() {
  const { rows } = await loader.query<{ part: number; ordinal: number; reason: string; missing_key: string | null }>(
    "select * from warehouse.take_transactions() order by part, ordinal",
  );
  return rows;
}

async function merge() {
  return loader.query("select warehouse.merge_transactions()");
}

/** Stages the transaction, as a batch of its own. */
async function stage({ part = 0, id = ID, customer = CUSTOMER, sku = SKU, lines = 1 }) {
  await openStage();
  await loader.query("select set_config('lethe.part', $1, true)", [part]);
  await loader.query(
    "insert into stage_transactions values (0, 1, $1, now(), $2, 1, 'Obala 1', '21000', 'Split', 'Croatia', 'HR')",
    [id, customer],
  );
  await loader.query("insert into stage_purchases select 0, line, $1, 1, 1, 1 from generate_series(1, $2) as line", [
    sku,
    lines,
  ]);
}

/** As a commit does. */
async function emptyStage() {
  await loader.query("reset role");
  await loader.query("delete from stage_transactions; delete from stage_purchases; delete from taken_transactions");
  await loader.query("set local role lethe_loader");
}

/** Runs a statement with the rights of whoever owns everything. */
async function asOwner(statement: string) {
  await loader.query("reset role");
  await loader.query(statement);
  await loader.query("set local role lethe_loader");
}

/** Returns the transactions that are in the warehouse, each with its city and its lines. */
async function everything() {
  await loader.query("reset role");
  const { rows } = await loader.query(
    `select t.customer_id, a.city, array_agg(p.line order by p.line) as lines
     from warehouse.transactions t
     left join warehouse.delivery_addresses a using (transaction_key, transaction_id)
     left join warehouse.purchases p using (transaction_key, transaction_id) group by t.transaction_key, 1, 2`,
  );
  await loader.query("set local role lethe_loader");
  return rows;
}

/** How often this transaction has looked into a table of the warehouse. */
async function looksAt(table: string): Promise<number> {
  const { rows } = await loader.query<{ looks: number }>(
    `select coalesce(seq_scan, 0) + coalesce(idx_scan, 0) as looks from pg_stat_xact_user_tables
     where relid = to_regclass('warehouse.' || $1)`,
    [table],
  );
  return rows[0]?.looks ?? 0;
}

/** Resolves when a connection waits for somebody's lock. */
async function waitsForLock(asker: Client, waiter: Client): Promise<void> {
  const { rows } = await asker.query("select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'", [
    (waiter as Client & { processID: number }).processID,
  ]);
  if (rows.length === 0) await waitsForLock(asker, waiter);
}

/** Runs a statement as a session that has logged in as a loader of its own: one that was a superuser first could go back. */
async function asLogin(statement: string) {
  await loader.query("set session authorization lethe_loader");
  return loader.query(statement);
}
