import { findPeople } from "@lethe/test-kit/everything";
import { landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPerson } from "@lethe/test-kit/marked-people";
import { readProcessed } from "@lethe/test-kit/processed";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const [asker, joiner, shared] = [markedPerson(1), markedPerson(2), markedPerson(3)] as const;
const joinedId = "070002";
const recognise = createRecogniser([asker, joiner, shared, markedPerson(4)]);

let world: World;
let hour = 0;

beforeAll(async () => {
  world = await openWorld();
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await load(
    "customers",
    [asker, joiner, shared].map((person) => person.customer()),
  );
});
afterAll(() => world.close());

describe("a request about which somebody must decide", () => {
  it("leaves the log whole when the person is erased by another request", async () => {
    await load("erasure-requests", [{ "customer-id": asker.id, email: "somebody.else@example.org" }]);
    await load("erasure-requests", [asker.request]);
    expect(await traces(asker.n)).toEqual([]);
    const { code, out, err } = await world.lethe("erasure", "verify");
    expect(code, `${out}${err}`).toBe(0);
  });
});

describe("a sale that waits for its customer", () => {
  it("counts once the customer arrives and is somebody who was erased", async () => {
    await load("transactions", [joiner.transaction(1, { customer_id: joinedId })]);
    await load("erasure-requests", [joiner.request]);
    await load("customers", [joiner.customer({ id: joinedId })]);
    await settle(world);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(1);
    expect(await traces(joiner.n)).toEqual([]);
    await load("transactions", [joiner.transaction(1, { customer_id: joinedId })]);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(1);
  });
});

describe("a record that somebody says is an erased person's", () => {
  it("is masked in its archived file as well", async () => {
    const other = markedPerson(4);
    await load("erasure-requests", [shared.request]);
    await load("customers", [other.customer({ email: shared.email })]);
    expect(await traces(other.n)).not.toEqual([]);
    const { body } = await world.api("GET", "/erasures/questions");
    const [question] = (body as { questions: { id: string }[] }).questions.slice(-1);
    const decided = await world.api("POST", `/erasures/questions/${question?.id}/decide`, {
      decision: "same_person",
      note: "case 12",
    });
    expect(decided.status, JSON.stringify(decided.body)).toBeLessThan(300);
    await settle(world);
    expect(await traces(other.n)).toEqual([]);
    expect((await world.lethe("erasure", "verify")).code).toBe(0);
  });
});

describe("a record that is held when its person is let in again", () => {
  it("loads", async () => {
    const later = markedPerson(6);
    await load("customers", [markedPerson(5).customer()]);
    await load("erasure-requests", [markedPerson(5).request]);
    await load("customers", [later.customer({ email: markedPerson(5).email })]);
    const { body } = await world.api("GET", "/erasures?state=completed&limit=1");
    const [erasure] = (body as { erasures: { id: string }[] }).erasures;
    const lifted = await world.api("POST", `/erasures/${erasure?.id}/lift`, { note: "case 13" });
    expect(lifted.status, JSON.stringify(lifted.body)).toBe(200);
    await load("customers", [markedPerson(7).customer()]);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.customers where id = $1", [later.id])).toBe(
      1,
    );
    expect((await world.lethe("erasure", "verify")).code).toBe(0);
  });
});

describe("a number that is somebody's id", () => {
  it("stays in other people's records where nothing says that it is an id, and their sales stay whole", async () => {
    const id = "110001";
    const neighbour = markedPerson(8);
    const named = { id, email: "id@box.example", first_name: "Ida", last_name: "Kunz" };
    await landRecords(world, "date=2022-03-05/hour=00/products.json", [product({ sku: 110001, price: "3.00" })]);
    await succeed(world, "products");
    await load("customers", [
      neighbour.customer({ address: "7 Main Road, New Delhi 110001", segment: "110001" }),
      markedPerson(9).customer(named),
    ]);
    const purchases = { products: [{ sku: 110001, quantity: 1, price: "3.00", total: "3.00" }], total_cost: "3.00" };
    await load("transactions", [neighbour.transaction(1, { purchases })]);
    await load("erasure-requests", [{ "customer-id": id, email: "id@box.example" }]);
    const { rows } = await world.pool.query("select address, segment from warehouse.customers where id = $1", [
      neighbour.id,
    ]);
    expect(rows).toEqual([{ address: "7 Main Road, New Delhi 110001", segment: "110001" }]);
    const sold = [...(await readProcessed(world, "transactions")).values()].flat();
    expect(JSON.stringify(sold)).toContain('"sku":110001');
    expect(
      await countOf(world.pool, "select count(*) as n from warehouse.erasure_requests where state = 'suppressed'"),
    ).toBe(0);
    const verified = await world.lethe("erasure", "verify");
    expect(verified.code, verified.out).toBe(0);
  });
});

async function load(dataset: "customers" | "transactions" | "erasure-requests", records: readonly unknown[]) {
  hour += 1;
  await landRecords(world, `date=2022-03-02/hour=${String(hour).padStart(2, "0")}/${dataset}.json`, records);
  if (dataset === "customers" && hour === 1) await succeed(world, "products");
  await succeed(world, dataset);
  await settle(world);
}

function traces(person: number): Promise<string[]> {
  return findPeople(world, recognise, (n) => n === person);
}
