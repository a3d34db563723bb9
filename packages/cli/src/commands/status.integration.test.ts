import { unfenced } from "@lethe/test-kit/unfenced";
import { recordNotTaken } from "@lethe/warehouse/ledger/not-taken";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CliWorld, createCliWorld, quarantineRecord } from "../../test/cli-fixture.js";

let world: CliWorld;
let active: string;
let last: string;
beforeAll(async () => {
  world = await createCliWorld();
  last = await quarantineRecord(world.pool, "transactions", "unknown_sku", 1);
  await quarantineRecord(world.pool, "products", "schema", 2);
  await world.pool.query("update ledger.quarantine set status = 'discarded' where reason = 'schema'");
  await world.pool.query(
    `with b as (
       insert into ledger.batches (id, run_id, number, state, bytes)
       values (gen_random_uuid(), $1, 1, 'loaded', 10) returning id, run_id
     )
     insert into ledger.schema_changes (batch_id, change, field, records, first_file_id, first_line)
     select b.id, 'new', '/voucher', 1200, f.id, 7
     from b join ledger.files f on f.run_id = b.run_id`,
    [last],
  );
  await recordNotTaken(unfenced(world.pool), last, [{ code: "file_unknown", path: "orders.csv" }], 2);
  active = await openRun(world.pool, { job: "customers", kind: "files", trigger: "cli" });
});
afterAll(() => world.end());

it("shows each job's last run, the active runs, and the open quarantine by reason", async () => {
  const { code, out } = await world.lethe(["status"]);
  const text = out.join("\n");
  expect(code).toBe(0);
  expect(text).toMatch(/^transactions +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T +succeeded /m);
  expect(text).toMatch(/^erasure-requests +never$/m);
  expect(text).toContain(
    "transactions: new /voucher in 1,200 records, first date=2020-01-01/hour=00/transactions.json:7",
  );
  expect(text).toContain(`customers: queued (${active})`);
  expect(text).toContain("`lethe notices` lists it\n  transactions: 2 entries of landing were not taken");
  expect(text).toMatch(/open in quarantine\n {2}transactions: unknown_sku 1$/);
});

it("gives a line of CSV for each job", async () => {
  const { code, out } = await world.lethe(["status", "--csv"]);
  expect(code).toBe(0);
  const lines = out.join("\n").split("\r\n");
  expect(lines[0]).toMatch(/^job,lastRunId,state,requestedAt,/);
  expect(lines[1]).toMatch(new RegExp(`^customers,${active},queued,[^,]+,\\d+,0,0,0,0,1,0,,,0$`));
  expect(lines[3]).toMatch(new RegExp(`^transactions,${last},succeeded,.*,0,1,,,2$`));
  expect(lines[4]?.replace(/\r$/, "")).toBe("erasure-requests,,,,,,,,,0,0,0,0,");
});

it("gives the same as JSON, a line for each job, without Redis", async () => {
  const { out } = await world.lethe(["status", "--json"], { environment: { REDIS_URL: "redis://127.0.0.1:1" } });
  const jobs: unknown[] = out.map((line) => JSON.parse(line));
  expect(jobs).toMatchObject([
    { job: "customers", lastRun: { id: active }, activeRuns: [{ id: active }], openQuarantine: {} },
    { job: "products", activeRuns: [], openQuarantine: {} },
    {
      job: "transactions",
      lastRun: { id: last },
      schemaChanges: [{ field: "/voucher" }],
      openQuarantine: { unknown_sku: 1 },
    },
    { job: "erasure-requests", lastRun: null, activeRuns: [], openQuarantine: {} },
  ]);
});

it("lists what runs left in landing, of the last runs or of one", async () => {
  const line = "transactions: orders.csv: The file's name is of no dataset, or not of one alone. (file_unknown)";
  expect((await world.lethe(["notices"])).out).toEqual([line]);
  expect((await world.lethe(["notices", last])).out).toEqual([line]);
  expect((await world.lethe(["notices", active])).out).toEqual(["no notices"]);
  const { out } = await world.lethe(["notices", "--json"]);
  expect(out.map((text): unknown => JSON.parse(text))).toMatchObject([
    { job: "transactions", runId: last, path: "orders.csv" },
  ]);
  expect((await world.lethe(["notices", "--csv"])).out.join()).toMatch(/^job,runId,code,path,message\r\ntransactions,/);
});
