import type { Run } from "@lethe/contracts/runs";
import { filesBelow } from "@lethe/test-kit/folders";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

let world: World;

beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** So many customers, of whom the first few have no email. */
function people(firstId: number, count: number, faulty: number) {
  return Array.from({ length: count }, (_none, n) => {
    const { email, ...record } = customer({
      id: String(firstId + n).padStart(6, "0"),
      first_name: `Aoife ${firstId + n}`,
    });
    return n < faulty ? record : { ...record, email };
  });
}

it("a run nearly all of whose records are at fault fails, and nothing is lost by it", async () => {
  const path = "date=2022-05-01/hour=00/customers.json";
  await landRecords(world, path, people(1, 40, 38));
  const followed = await world.lethe("run", "customers", "--follow");
  expect(followed.code).toBe(1);
  expect(followed.out).toContain("38 of 40 records (95 %) were rejected");
  expect(followed.out).not.toContain("/retry");
  const { body } = await world.api("GET", "/runs?state=failed");
  const [run] = (body as { runs: Run[] }).runs;
  expect(run).toMatchObject({ error: { code: "too_many_rejects" }, records: { in: 40, loaded: 2, rejected: 38 } });
  // What is loaded stays, published and archived; the others stand in quarantine.
  expect(await countOf(world.pool, "select count(*) as n from warehouse.customers")).toBe(2);
  expect(await countOf(world.pool, "select count(*) as n from ledger.quarantine where status = 'open'")).toBe(38);
  expect((await filesBelow(world.archived)).size).toBe(1);
  expect([...(await filesBelow(world.processed)).keys()]).toContain(`${path}.gz`);
  expect((await filesBelow(world.landing)).size).toBe(0);
  expect((await filesBelow(world.staging)).size).toBe(0);
  // There is nothing to retry, and nothing tries by itself.
  expect(await world.api("POST", `/runs/${run?.id}/retry`)).toMatchObject({ status: 409, body: { code: "run_state" } });
  expect((await world.api("GET", "/dead-letters")).body).toMatchObject({ deadLetters: [] });
  expect((await runByApi(world, "customers")).state).toBe("succeeded");
});

it("a run with a tenth at fault succeeds with warnings, and the command exits with 8", async () => {
  await landRecords(world, "date=2022-05-01/hour=01/customers.json", people(101, 40, 4));
  const { code, out } = await world.lethe("run", "customers", "--follow");
  expect(out).toContain("succeeded_with_warnings");
  expect(out).toContain("warning: 4 of 40 records (10 %) were rejected");
  expect(code).toBe(8);
});

it("a run whose references are late warns of them, and what waited is loaded once they come", async () => {
  const ids = Array.from({ length: 20 }, (_none, n) => String(900 + n).padStart(6, "0"));
  await landRecords(world, "date=2022-05-01/hour=02/products.json", [product()]);
  await succeed(world, "products");
  await landRecords(
    world,
    "date=2022-05-01/hour=02/transactions.json",
    ids.map((customer_id, n) => transaction(n + 1, { customer_id })),
  );
  expect(await runByApi(world, "transactions")).toMatchObject({
    state: "succeeded_with_warnings",
    warnings: [{ code: "too_many_late_references" }],
    records: { in: 20, loaded: 0 },
  });
});
