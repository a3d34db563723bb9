import { randomBytes, randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";
import { BODY_EXAMPLES, QUERY_EXAMPLES } from "./harmless-examples.js";

let world: World;
let scheduler: TestScheduler;
let quarantineId: number;
beforeAll(async () => {
  world = await createWorld({ LETHE_PRIVACY_KEY: randomBytes(32).toString("hex") });
  scheduler = await world.start({ LETHE_SCHEDULES: "off", LETHE_RATE_LIMIT: "0" });
  await scheduler.call("GET", "/schedules");
  const { rows } = await world.pool.query<{ id: number }>(
    `with run as (
       insert into ledger.runs (job, kind, trigger, state) values ('transactions', 'files', 'api', 'succeeded') returning id
     ), file as (
       insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
       select 'transactions', 'file', '2020-01-31', 5, sha256('1'), 1, id, 'done' from run returning run_id, id
     )
     insert into ledger.quarantine (dataset, reason, run_id, file_id, line, message, payload)
     select 'transactions', 'schema', run_id, id, 1, '', '{"id": "x"}' from file returning id`,
  );
  quarantineId = rows[0]?.id ?? 0;
});
afterAll(() => world.end());

/** Where it is recorded that somebody has looked for a record, which is no harm. */
const LOOKS: ReadonlySet<string> = new Set(["privacy.acts", "privacy.proof_log"]);

/** Everything that a request could spoil: the people's tables, quarantine, and when jobs run. */
async function state(): Promise<unknown> {
  const { rows } = await world.pool.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('warehouse', 'privacy') and c.relkind = 'r' order by 1`,
  );
  const tables = [
    ...rows.map(({ name }) => name).filter((name) => !LOOKS.has(name)),
    "ledger.quarantine",
    "ledger.files",
  ];
  const contents = [];
  for (const table of tables) {
    const found = await world.pool.query(
      `select coalesce(jsonb_agg(to_jsonb(t) order by to_jsonb(t)), '[]') as all from ${table} t`,
    );
    contents.push([table, found.rows[0]]);
  }
  const schedules = await world.pool.query("select job, cron, timezone, enabled from ledger.schedules order by job");
  const landing = await readdir(path.join(world.data, "landing"), { recursive: true }).catch(() => []);
  return { contents, schedules: schedules.rows, landing };
}

it("whoever executes the examples of the API's page as they stand changes nothing but the list of runs", async () => {
  const before = await state();
  for (const [key, body] of Object.entries(BODY_EXAMPLES)) {
    const [method = "", url = ""] = key.split(" ");
    // On the page an id must be typed. Of quarantine it is one that is there; a body alone must not spoil it either.
    if (url.includes(":quarantineId/discard")) continue;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(QUERY_EXAMPLES[key] ?? {})) query.set(name, String(value));
    const address = url
      .replace(":job", "products")
      .replace(":quarantineId", String(quarantineId))
      .replaceAll(/:\w+/g, randomUUID());
    const { status, body: answer } = await scheduler.call(method, `${address}?${query}`, body);
    expect(status, `${key} ${JSON.stringify(answer)}`).toBeLessThan(500);
    expect(await state(), key).toEqual(before);
  }
  const { rows: acts } = await world.pool.query<{ act: string }>("select distinct act from privacy.acts");
  expect(acts).toEqual([{ act: "traced" }]);
  const { rows } = await world.pool.query<{ kind: string; from: string | null }>(
    "select kind, range_from as from from ledger.runs where trigger = 'api' and state <> 'succeeded'",
  );
  for (const run of rows) expect(run.from, run.kind).toMatch(/^(date=)?2000-01-01/);
});
