import type { Question, QuestionDecision } from "@lethe/contracts/questions";
import { readEverything } from "@lethe/test-kit/everything";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { countOf, readRows } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

// A person is all ids and emails that records tie together, whenever and however spelt they come.

let world: World;
beforeEach(async () => {
  world = await openWorld();
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await succeed(world, "products");
});
afterEach(() => world.close());

let hour = 0;

/** Loads records of a dataset, as a file of their own, and what that sets off. */
async function load(dataset: "customers" | "transactions" | "erasure-requests", ...records: readonly object[]) {
  hour += 1;
  const folder = `date=2022-03-${String(2 + Math.floor(hour / 24)).padStart(2, "0")}/hour=${String(hour % 24).padStart(2, "0")}`;
  await landRecords(world, `${folder}/${dataset}.json`, records);
  const [run] = await succeed(world, dataset);
  await untilErased();
  if (run === undefined) throw new Error("no run");
  return run;
}

/** Waits until every run has ended and every erasure is completed: what an older run held up is completed right after it. */
async function untilErased(): Promise<void> {
  await settle(world);
  const pending = () =>
    countOf(world.pool, "select count(*) as n from warehouse.erasure_requests where state = 'suppressed'");
  await vi.waitFor(async () => expect(await pending()).toBe(0), { timeout: 30_000, interval: 100 });
}

const ask = (id: string, email: string) => load("erasure-requests", { "customer-id": id, email });

function person(id: string, email: string, name: string, more: object = {}) {
  const [first_name, last_name] = name.split(" ");
  return customer({ id, email, first_name, last_name, address: `1 ${last_name} Lane`, phone_number: null, ...more });
}

function sale(n: number, customerId: unknown, address: string) {
  const delivery_address = { address, postcode: "D06 F1X2", city: "Dublin", country: "Ireland" };
  return transaction(n, { customer_id: customerId, delivery_address });
}

/** Returns where any of the words stands, in whatever Lethe keeps. */
async function placesOf(...words: string[]): Promise<string[]> {
  const places = new Set<string>();
  for await (const { where, text } of readEverything(world)) {
    if (words.some((word) => text.toLowerCase().includes(word.toLowerCase()))) places.add(where);
  }
  return [...places];
}

async function receipts(): Promise<{ kind: string; found: boolean; state: string }[]> {
  const { rows } = await world.pool.query(
    "select kind, found, state from warehouse.erasure_requests order by received_at",
  );
  return rows;
}

async function questions(): Promise<Question[]> {
  return ((await world.api("GET", "/erasures/questions")).body as { questions: Question[] }).questions;
}

async function decide(decision: QuestionDecision): Promise<void> {
  const [question] = await questions();
  const { status, body } = await world.api("POST", `/erasures/questions/${question?.id}/decide`, {
    decision,
    note: "case 1",
  });
  expect(status, JSON.stringify(body)).toBe(204);
  await untilErased();
}

async function answer(verb: "approve" | "reject", body?: object): Promise<void> {
  const [question] = await questions();
  const { status } = await world.api("POST", `/erasures/requests/${question?.requestId}/${verb}`, body);
  expect(status).toBe(verb === "approve" ? 202 : 204);
  await untilErased();
}

async function emails(): Promise<unknown[]> {
  return (await readRows(world.pool, "customers")).map(({ email }) => email).filter((email) => email !== null);
}

const held = () =>
  countOf(world.pool, "select count(*) as n from ledger.quarantine where reason = 'held' and status = 'open'");

describe("one person with two ids", () => {
  const ida = person("710002", "ida@zqx.example", "Ida Zqforget");
  const former = person("710102", "old@zqx.example", "IDA Zqforget", { address: "9 Zqold Row" });
  const TRACES = ["710002", "710102", "@zqx.example", "zqforget", "zqold"];

  it("is erased under both, when versions tie them together", async () => {
    await load("customers", ida, former);
    await load("transactions", sale(1, "710102", "8 Zqold Street"));
    await load("customers", { ...former, email: "ida@zqx.example", last_change: "2022-02-02" });
    await ask("710002", " IDA@ZQX.example. ");
    expect(await placesOf(...TRACES)).toEqual([]);
    await load("customers", { ...former, id: 710_102, email: "new@zqx.example" });
    await load("transactions", sale(2, "710102", "7 Zqold Street"));
    expect(await placesOf(...TRACES)).toEqual([]);
    expect(await receipts()).toMatchObject([{ kind: "request", found: true, state: "completed" }]);
    expect((await ask("710102", "old@zqx.example")).records.rejectedByReason).toEqual({ duplicate: 1 });
  });

  it("is erased under the second as well, when the tie arrives after the erasure", async () => {
    await load("customers", ida, former);
    await load("transactions", sale(1, "710102", "8 Zqold Street"));
    await ask("710002", "ida@zqx.example");
    expect(await placesOf("710102")).not.toEqual([]);
    await load("customers", { ...former, email: "ida@zqx.example", last_change: "2022-02-02" });
    expect(await placesOf(...TRACES)).toEqual([]);
    expect(await receipts()).toMatchObject([
      { kind: "request", state: "completed" },
      { kind: "follow-up", found: true, state: "completed" },
    ]);
    await load("customers", { ...former, last_change: "2022-02-03" });
    await load("transactions", sale(2, "710102", "7 Zqold Street"));
    expect(await placesOf(...TRACES)).toEqual([]);
    expect((await ask("710102", "old@zqx.example")).records.rejectedByReason).toEqual({ duplicate: 1 });
  });

  it("comes back under both when consent does", async () => {
    await load("customers", ida, { ...former, email: "ida@zqx.example" });
    await ask("710002", "ida@zqx.example");
    const { rows } = await world.pool.query<{ id: string }>("select id from warehouse.erasure_requests");
    expect((await world.api("POST", `/erasures/${rows[0]?.id}/lift`, { note: "case 2" })).status).toBe(200);
    await load("customers", { ...ida, last_change: "2022-03-03" }, { ...former, last_change: "2022-03-03" });
    expect(new Set(await emails())).toEqual(new Set(["ida@zqx.example", "old@zqx.example"]));
  });
});

describe("a customer's id in another spelling", () => {
  it("is the same id, before the erasure and after it", async () => {
    await load("customers", person("004104", "otto@zqx.example", "Otto Zqother"));
    await load("transactions", sale(1, "4104", "2 Zqtext Lane"), sale(2, " 004104", "3 Zqblank Lane"));
    await ask("004104", "otto@zqx.example");
    expect(await placesOf("zqtext", "zqblank")).toEqual([]);
    await load("transactions", sale(3, "4104.0", "4 Zqpoint Lane"), sale(4, "\u200b4104", "5 Zqnothing Lane"));
    expect(await placesOf("zqpoint", "zqnothing", "zqother")).toEqual([]);
  });
});

describe("a request that nobody fits", () => {
  it("finds nobody, and masks who comes later", async () => {
    await ask("720001", "nobody@zqx.example");
    expect(await receipts()).toEqual([{ kind: "request", found: false, state: "completed" }]);
    const { rows } = await world.pool.query(
      "select body -> 'found' as found from privacy.proof_log where kind = 'receipt'",
    );
    expect(rows).toEqual([{ found: false }]);
    await load("customers", person("720001", "nobody@zqx.example", "Nora Zqlater"));
    expect(await placesOf("720001", "zqlater", "nobody@")).toEqual([]);
  });
});

describe("a request with an id that nobody has and an email that somebody has", () => {
  const bea = person("720028", "bea@zqx.example", "Bea Zqstays");
  beforeEach(async () => {
    await load("customers", bea);
    const run = await ask("999997", "bea@zqx.example");
    expect(run.records.rejectedByReason).toEqual({ identity_mismatch: 1 });
    expect(await questions()).toMatchObject([{ kind: "unknown_id_known_email", heldRecords: 0 }]);
    await load("customers", { ...bea, city: "Zqtown", last_change: "2022-02-02" });
    expect([await held(), await emails()]).toEqual([1, ["bea@zqx.example"]]);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.customers where city = 'Zqtown'")).toBe(0);
  });

  it("changes nothing when it is turned down, and what was held is loaded", async () => {
    await answer("reject");
    expect(await countOf(world.pool, "select count(*) as n from warehouse.customers where city = 'Zqtown'")).toBe(1);
    expect([await held(), await questions(), await receipts()]).toEqual([0, [], []]);
  });

  it("erases the email's person when it is approved, and what was held is masked", async () => {
    await answer("approve");
    expect(await placesOf("720028", "bea@zqx", "zqstays", "zqtown")).toEqual([]);
    expect([await held(), await questions()]).toEqual([0, []]);
    expect(await receipts()).toMatchObject([{ found: true, state: "completed" }]);
  });
});

describe("an email that records of different ids and names share", () => {
  const ann = person("730001", "family@zqx.example", "Ann Zqfam");
  const bob = person("730002", "family@zqx.example", "Bob Zqkin");
  beforeEach(() => load("customers", ann, bob));

  it("is a question; approved, it takes the id's person alone, whose records stay masked, and the other's stay plain", async () => {
    await ask("730001", "family@zqx.example");
    expect(await questions()).toMatchObject([{ kind: "shared_email" }]);
    expect(await emails()).toHaveLength(2);
    await answer("approve");
    expect(await placesOf("730001", "zqfam")).toEqual([]);
    expect((await readRows(world.pool, "customers")).find(({ id }) => id === "730002")).toMatchObject({
      ...{ email: "family@zqx.example", last_name: "Zqkin", address: "1 Zqkin Lane" },
    });
    await load("customers", { ...ann, last_change: "2022-02-02" }, { ...bob, last_change: "2022-02-02" });
    expect(await placesOf("730001", "zqfam")).toEqual([]);
    expect(await emails()).toEqual(["family@zqx.example"]);
    expect(await held()).toBe(0);
  });

  it("takes everybody who has it when that is decided", async () => {
    await ask("730001", "family@zqx.example");
    await answer("approve", { subject: "both" });
    expect(await placesOf("730001", "730002", "zqfam", "zqkin", "family@zqx")).toEqual([]);
  });
});

describe("an id whose versions have nothing in common", () => {
  it("is a question before anything is erased", async () => {
    await load("customers", person("740001", "eva@zqx.example", "Eva Zqfirst"));
    await load("customers", person("740001", "max@zqx.example", "Max Zqsecond", { last_change: "2022-02-02" }));
    await ask("740001", "max@zqx.example");
    expect(await questions()).toMatchObject([{ kind: "reused_id" }]);
    expect(await receipts()).toEqual([]);
    await answer("approve");
    expect(await placesOf("740001", "zqfirst", "zqsecond", "eva@zqx", "max@zqx")).toEqual([]);
  });
});

describe("an erased person's id under which somebody else arrives", () => {
  const old = person("750001", "old@zqx.example", "Olga Zqold");
  const next = person("750001", "next@zqx.example", "Nick Zqnext", { last_change: "2022-03-01" });
  beforeEach(async () => {
    await load("customers", old);
    await ask("750001", "old@zqx.example");
    expect((await load("customers", next)).records.rejectedByReason).toEqual({ held: 1 });
    await load("transactions", sale(1, "750001", "1 Zqheld Lane"));
    expect(await questions()).toMatchObject([{ kind: "reused_id", requestId: null, heldRecords: 2 }]);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(0);
  });

  it("loads for its new owner; the old one stays masked under it", async () => {
    await decide("new_owner");
    expect((await readRows(world.pool, "customers")).find(({ id }) => id === "750001")).toMatchObject({
      ...{ email: "next@zqx.example", last_name: "Zqnext" },
    });
    expect((await readRows(world.pool, "delivery_addresses")).map(({ address }) => address)).toEqual(["1 Zqheld Lane"]);
    await load("customers", { ...old, last_change: "2022-04-01" });
    await load("customers", { ...next, city: "Zqcity", last_change: "2022-04-02" });
    expect(await placesOf("zqold", "old@zqx")).toEqual([]);
    expect((await readRows(world.pool, "customers")).find(({ id }) => id === "750001")).toMatchObject({
      city: "Zqcity",
    });
    expect([await held(), await questions()]).toEqual([0, []]);
  });

  it("is masked with all of it when it is the same person after all", async () => {
    await decide("same_person");
    expect(await placesOf("750001", "zqnext", "next@zqx", "zqheld")).toEqual([]);
    expect(await countOf(world.pool, "select count(*) as n from warehouse.transactions")).toBe(1);
    await load("customers", person("750077", "next@zqx.example", "Nick Zqnext"));
    expect(await placesOf("750077", "zqnext")).toEqual([]);
    expect([await held(), await questions()]).toEqual([0, []]);
  });
});

describe("an erased person's email under which somebody else arrives", () => {
  const eve = person("760001", "home@zqx.example", "Eve Zqeve");
  const tom = person("760002", "home@zqx.example", "Tom Zqtom");
  beforeEach(async () => {
    await load("customers", eve);
    await ask("760001", "home@zqx.example");
    await load("customers", tom);
    await load("transactions", sale(1, "760002", "1 Zqheld Lane"));
    expect(await questions()).toMatchObject([{ kind: "shared_email", heldRecords: 2 }]);
    expect(await emails()).toEqual([]);
  });

  it("loads when they are another person, and goes on loading", async () => {
    await decide("another_person");
    await load("customers", { ...tom, last_change: "2022-04-01" });
    expect((await readRows(world.pool, "customers")).find(({ id }) => id === "760002")).toMatchObject({
      ...{ email: "home@zqx.example", last_change: "2022-04-01" },
    });
    await load("customers", { ...eve, last_change: "2022-04-01" });
    expect(await placesOf("760001", "zqeve")).toEqual([]);
    expect(await held()).toBe(0);
  });

  it("is masked when it is the same person", async () => {
    await decide("same_person");
    expect(await placesOf("760002", "zqtom", "home@zqx", "zqheld")).toEqual([]);
    expect(await held()).toBe(0);
  });
});

describe("loads and requests at once", () => {
  it("leave nothing of who asked, whichever commits first", async () => {
    const people = Array.from({ length: 30 }, (_, i) => ({ id: String(770_000 + i), email: `p${i}@zqx.example` }));
    await load("customers", ...people.map(({ id, email }, i) => person(id, email, `Pat Zqpat${i}x`)));
    await landRecords(
      world,
      "date=2022-05-01/hour=00/erasure-requests.json",
      people.map(({ id, email }) => ({ "customer-id": id, email })),
    );
    const later = people.map(({ id, email }, i) =>
      person(`78${id.slice(2)}`, email, `Pat Zqpat${i}x`, { last_change: "2022-03-03" }),
    );
    for (const [i, record] of later.entries()) {
      await landRecords(world, `date=2022-05-01/hour=${String(i % 24).padStart(2, "0")}/customers.${i}.ndjson`, [
        record,
      ]).catch(() => undefined);
    }
    await landRecords(world, "date=2022-05-02/hour=00/customers.json", later);
    await landRecords(
      world,
      "date=2022-05-02/hour=00/transactions.json",
      people.map(({ id }, i) => sale(100 + i, id, `${i} Zqlane`)),
    );
    await Promise.all([
      succeed(world, "erasure-requests"),
      succeed(world, "customers"),
      succeed(world, "transactions"),
    ]);
    await untilErased();
    await world.lethe("run", "customers", "--follow");
    await untilErased();
    expect(await placesOf("zqpat", "@zqx.example", "zqlane", "770001", "780001")).toEqual([]);
  }, 180_000);
});
