import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Erasure } from "@lethe/contracts/erasures";
import type { Run } from "@lethe/contracts/runs";
import { filesBelow } from "@lethe/test-kit/folders";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { settle, succeed, untilClosed } from "@lethe/test-kit/runs";
import { countOf, readRows, warehouseText } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// What people decide on: requests whose email is not the customer's, and consent that comes back.

const IDA = { id: "013000", email: "ida.forget@example.org", last_name: "Forgetson", address: "99 Vanishing Lane" };
const BEA = { id: "000777", email: "bea@example.org", last_name: "Beatrix", address: "7 Staying Street" };

let world: World;
beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_ERASURE_OUTCOME: "pseudonymise" } });
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [
    customer({ ...IDA, last_change: "2021-01-01" }),
    customer(BEA),
  ]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-03-01/hour=00/transactions.json", [sale(1, IDA), sale(2, BEA)]);
  await succeed(world, "customers", "products", "transactions");
});
afterAll(() => world.close());

function sale(n: number, { id, address }: { id: string; address: string }) {
  const elsewhere = { address, postcode: "D06 F1X2", city: "Dublin", country: "Ireland" };
  return transaction(n, { customer_id: id, delivery_address: elsewhere });
}

/** Hands a request in by the API and waits for its run and what that sets off. */
async function ask(customerId: string, email: string): Promise<Run> {
  const { status, body } = await world.api("POST", "/erasures", { customerId, email });
  expect(status, JSON.stringify(body)).toBe(202);
  const { run } = body as { run: Run };
  const ended = await untilClosed(world, run.id);
  await settle(world);
  return ended;
}

async function erasures(state: string): Promise<Erasure[]> {
  return ((await world.api("GET", `/erasures?state=${state}`)).body as { erasures: Erasure[] }).erasures;
}

async function mismatchId(): Promise<number> {
  return countOf(
    world.pool,
    "select id as n from ledger.quarantine where reason = 'identity_mismatch' and status = 'open' and approved_at is null",
  );
}

/** Returns where a text stands still: in the warehouse, in quarantine, or in a file of the data folder, logs included. */
async function placesOf(...traces: string[]): Promise<string[]> {
  const { rows } = await world.pool.query<{ text: string }>("select t::text as text from ledger.quarantine t");
  const texts = new Map([
    ["warehouse", await warehouseText(world.pool)],
    ["quarantine", rows.map(({ text }) => text).join("\n")],
  ]);
  for (const path of (await filesBelow(world.data)).keys()) {
    const bytes = await readFile(join(world.data, path));
    texts.set(path, (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
  }
  return [...texts].filter(([, text]) => traces.some((trace) => text.includes(trace))).map(([place]) => place);
}

describe("a request that names the wrong customer, of a person who then asks with the right id", () => {
  it("waits for a decision; the person's own request leaves the other customer as they were", async () => {
    const run = await ask(BEA.id, IDA.email);
    expect(run.records.rejectedByReason).toEqual({ identity_mismatch: 1 });
    expect(await erasures("completed")).toEqual([]);

    expect((await ask(IDA.id, IDA.email)).state).toBe("succeeded");
    expect(await erasures("completed")).toHaveLength(1);
    expect(await placesOf(IDA.email, IDA.last_name, IDA.address, `"${IDA.id}"`)).toEqual([]);
    const [bea] = (await readRows(world.pool, "customers")).filter(({ id }) => id === BEA.id);
    expect(bea).toMatchObject({ email: BEA.email, address: BEA.address });
    expect((await readRows(world.pool, "delivery_addresses")).map(({ address }) => address)).toEqual([
      null,
      BEA.address,
    ]);
  });
});

describe("consent that comes back", () => {
  it("lets the person in again, and lets them be erased again, into one customer with all that was bought", async () => {
    const [erasure] = await erasures("completed");
    const lifted = await world.api("POST", `/erasures/${erasure?.id}/lift`, { note: "case 7" });
    expect(lifted).toMatchObject({ status: 200, body: { state: "lifted" } });
    const again = { ...IDA, address: "1 Returning Road" };
    await landRecords(world, "date=2022-04-01/hour=00/customers.json", [
      customer({ ...again, last_change: "2022-04-01" }),
    ]);
    await landRecords(world, "date=2022-04-01/hour=00/transactions.json", [sale(3, again)]);
    await succeed(world, "customers", "transactions");
    expect((await readRows(world.pool, "customers")).map(({ id }) => id)).toContain(IDA.id);

    expect((await ask(IDA.id, IDA.email)).records).toMatchObject({ in: 1, loaded: 1, rejected: 0 });
    expect((await erasures("completed")).map(({ pseudonym }) => pseudonym)).toEqual([erasure?.pseudonym]);
    expect(await erasures("lifted")).toMatchObject([{ id: erasure?.id }]);
    expect(await placesOf(IDA.email, IDA.last_name, IDA.address, "Returning Road", `"${IDA.id}"`)).toEqual([]);
    const rows = (await readRows(world.pool, "customers")).filter(({ id }) => id === erasure?.pseudonym);
    expect(rows).toMatchObject([{ last_change: "2022-04-01", email: null, erased_at: expect.any(String) }]);
    expect((await readRows(world.pool, "customers_history")).map(({ id, last_change }) => [id, last_change])).toEqual([
      [erasure?.pseudonym, "2021-01-01"],
    ]);
    expect((await readRows(world.pool, "transactions")).map(({ customer_id }) => customer_id)).toEqual([
      erasure?.pseudonym,
      BEA.id,
      erasure?.pseudonym,
    ]);
  });
});

describe("a request that a person rejects, and one that a person approves", () => {
  it("the first changes nothing, the second is done, and with it goes what the first has left in files", async () => {
    const wrong = "not.beas@example.org";
    await ask(BEA.id, wrong);
    expect((await world.api("POST", `/erasures/requests/${await mismatchId()}/reject`)).status).toBe(204);
    await settle(world);
    expect((await readRows(world.pool, "customers")).map(({ email }) => email)).toContain(BEA.email);

    await ask(BEA.id, "beas.new.one@example.org");
    const { status, body } = await world.api("POST", `/erasures/requests/${await mismatchId()}/approve`);
    expect([status, (body as { takenBy: string }).takenBy]).toEqual([202, "this_run"]);
    expect(await untilClosed(world, (body as { run: Run }).run.id)).toMatchObject({
      kind: "replay",
      state: "succeeded",
    });
    await settle(world);
    expect(await erasures("suppressed")).toEqual([]);
    const traces = [BEA.email, BEA.last_name, BEA.address, `"${BEA.id}"`, "beas.new.one"];
    expect(await placesOf(...traces)).toEqual([]);
    expect(await placesOf(wrong)).toEqual([]);
    expect(await countOf(world.pool, "select count(*) as n from ledger.quarantine where approved_at is not null")).toBe(
      1,
    );
  });
});
