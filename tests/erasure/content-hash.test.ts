import { createHash, randomBytes } from "node:crypto";
import { land } from "@lethe/test-kit/landing";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type RunningService, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

const REQUEST = `${JSON.stringify({ "customer-id": "013000", email: "ida.forget@example.org" })}\n`;
const NEWER_KEY = randomBytes(32).toString("hex");

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await land(world, "date=2022-03-01/hour=00/erasure-requests.json", REQUEST);
  await succeed(world, "erasure-requests");
  await settle(world);
});
afterAll(() => world.close());

it("the database holds no plain hash of a file with one guessable request", async () => {
  const plain = createHash("sha256").update(REQUEST).digest("hex");
  const { rows } = await world.pool.query<{ hash: string }>("select encode(sha256, 'hex') as hash from ledger.files");
  expect(rows).toHaveLength(1);
  expect(rows[0]?.hash).not.toBe(plain);
  const tables = await world.pool.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('ledger', 'warehouse', 'privacy')",
  );
  for (const { name } of tables.rows) {
    const { rows } = await world.pool.query<{ row: string }>(`select t::text as row from ${name} t`);
    expect(
      rows.filter(({ row }) => row.includes(plain.slice(0, 12))),
      name,
    ).toEqual([]);
  }
});

it("the same delivery is known when it comes again, also after the key was rotated", async () => {
  await land(world, "date=2022-03-01/hour=00/erasure-requests.json", REQUEST);
  await succeed(world, "erasure-requests");
  expect(await alreadyLoaded()).toBe(1);
  const older = world.environment.LETHE_PRIVACY_KEY ?? "";
  const extractor = [...world.running].find(({ name }) => name === "extractor") as RunningService;
  await world.stop(extractor);
  await world.start("extractor", { LETHE_PRIVACY_KEY: `${NEWER_KEY}\n${older}` });
  await land(world, "date=2022-03-01/hour=00/erasure-requests.json", REQUEST);
  await succeed(world, "erasure-requests");
  expect(await alreadyLoaded()).toBe(2);
  const { rows } = await world.pool.query("select from ledger.files");
  expect(rows).toHaveLength(1);
});

async function alreadyLoaded(): Promise<number> {
  const { rows } = await world.pool.query<{ known: number }>(
    "select sum(already_loaded)::integer as known from ledger.runs",
  );
  return rows[0]?.known ?? 0;
}
