import { jobId } from "@lethe/contracts/jobs";
import type { Run } from "@lethe/contracts/runs";
import { enqueueActiveRuns } from "@lethe/service-kit/enqueue";
import { findPeople } from "@lethe/test-kit/everything";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPerson } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { runByApi, settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const gone = markedPerson(21);
const staying = markedPerson(22);
const isGone = (n: number) => n === gone.n;
const recognise = createRecogniser([gone, staying]);

/** A sale whose total is wrong, and what corrects it. */
const wrong = (person: typeof gone, n: number) => ({
  ...person.transaction(n),
  purchases: { ...(person.transaction(n).purchases as object), total_cost: "9.99" },
});
const right = (n: number) => ({ changes: { purchases: gone.transaction(n).purchases } });
const ofUnknown = {
  changes: { purchases: { products: [{ sku: 44444, quantity: 1, price: "1.00", total: "1.00" }], total_cost: "1.00" } },
};

describe.each(["unlink", "aggregate", "pseudonymise"] as const)("an erasure with the outcome %s", (outcome) => {
  let world: World;
  /** The records of the person in quarantine, by number of their sale. */
  const ids = new Map<number, number>();

  beforeAll(async () => {
    world = await openWorld({ settings: { ...NO_THRESHOLDS, LETHE_ERASURE_OUTCOME: outcome } });
    await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
    await landRecords(world, "date=2022-03-01/hour=00/customers.json", [gone.customer(), staying.customer()]);
    await landRecords(world, "date=2022-03-01/hour=01/transactions.json", [
      ...[1, 2, 3, 4, 5].map((n) => wrong(gone, n)),
      staying.transaction(1),
      wrong(staying, 2),
    ]);
    await succeed(world, "products", "customers", "transactions");
    const { rows } = await world.pool.query<{ id: number; line: number }>("select id, line from ledger.quarantine");
    for (const { id, line } of rows) ids.set(line, id);
  });
  afterAll(() => world.close());

  const correct = async (n: number, body: object): Promise<string> => {
    const answer = await world.api("POST", `/quarantine/${ids.get(n)}/correct`, body);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    return (answer.body as { run: Run }).run.id;
  };
  const discard = (n: number) => world.api("POST", `/quarantine/${ids.get(n)}/discard`, { reason: "case 17" });
  const sales = () =>
    countOf(world.pool, "select coalesce(sum(total_cost) * 100, 0)::integer as n from analytics.transactions");

  it("reaches corrections, also one whose replay is at work, and what is discarded meanwhile", async () => {
    await correct(1, right(1));
    await settle(world);
    await correct(2, ofUnknown);
    await settle(world);
    const before = await sales();
    // The replay of the third is transformed before the person is suppressed, and loaded after it.
    const loader = [...world.running].find(({ name }) => name === "loader");
    if (loader === undefined) throw new Error("no loader runs");
    await world.stop(loader);
    const runId = await correct(3, right(3));
    const transformed = async () => {
      const { rows } = await world.pool.query<{ id: string }>(
        "select id::text from ledger.batches where run_id = $1 and state = 'transformed'",
        [runId],
      );
      return rows[0]?.id;
    };
    await expect.poll(transformed, { timeout: 30_000 }).toEqual(expect.any(String));
    await world.queues.byJob.load.remove(jobId.load((await transformed()) ?? ""), { removeChildren: true });
    await world.start("loader");
    const [asked, fifth] = await Promise.all([
      world.api("POST", "/erasures", { customerId: gone.id, email: gone.email }),
      discard(5),
    ]);
    expect(asked.status, JSON.stringify(asked.body)).toBe(202);
    expect([204, 409]).toContain(fifth.status);
    const suppressed = () => countOf(world.pool, "select count(*) as n from privacy.suppressions");
    await expect.poll(suppressed, { timeout: 30_000 }).toBeGreaterThan(0);
    expect([204, 409]).toContain((await discard(4)).status);
    await enqueueActiveRuns(world.queues, await readActiveRuns(world.pool));
    await settle(world);
    expect(await findPeople(world, recognise, isGone)).toEqual([]);
    // The third sale counts, whenever it came, and nobody else's is touched.
    expect(await sales()).toBe(before + Math.round(100 * costOf(3)));
    const { rows } = await world.pool.query<{ status: string }>(
      "select status from ledger.quarantine where id = any ($1) order by line",
      [[4, 5].map((n) => ids.get(n))],
    );
    for (const { status } of rows) expect(["discarded", "erased", "open"]).toContain(status);
    expect(await world.logs()).not.toContain(gone.id);
  });

  it("leaves nothing that could be corrected to bring the person back, and keeps what others may correct", async () => {
    for (const n of [1, 2, 3]) {
      const answer = await world.api("POST", `/quarantine/${ids.get(n)}/correct`, { record: gone.transaction(n) });
      expect(answer).toMatchObject({ status: 409, body: { code: "run_state" } });
    }
    const { body } = await world.api("GET", `/quarantine/${ids.get(7)}`);
    expect(body).toMatchObject({ status: "open", reason: "total_mismatch" });
    expect((body as { record: string }).record).toContain("9.99");
  });

  it("counts the corrected sale that waited once its product comes, under nobody's name", async () => {
    const before = await sales();
    await landRecords(world, "date=2022-03-04/hour=00/products.json", [product({ sku: 44444 })]);
    await succeed(world, "products");
    await settle(world);
    expect(await sales()).toBe(before + 100);
    expect(await findPeople(world, recognise, isGone)).toEqual([]);
  });

  it("takes the faulty file no second time for anybody's sale when it is delivered again, corrected", async () => {
    const before = await sales();
    await landRecords(
      world,
      "date=2022-03-05/hour=00/transactions.json",
      [1, 3].map((n) => gone.transaction(n)),
    );
    expect((await runByApi(world, "transactions")).records.rejectedByReason).toEqual({ duplicate: 2 });
    await settle(world);
    expect(await sales()).toBe(before);
    expect(await findPeople(world, recognise, isGone)).toEqual([]);
  });
});

function costOf(n: number): number {
  return Number((gone.transaction(n).purchases as { total_cost: string }).total_cost);
}
