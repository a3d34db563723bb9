import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SubjectExport } from "@lethe/contracts/subject-export";
import { rowsAsText } from "@lethe/test-kit/everything";
import { land, landRecords } from "@lethe/test-kit/landing";
import { createRecogniser, markedPeople } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// A copy of everything that is held on a person (Art. 15, 20), and the restriction of it (Art. 18).

const [jane, john, mary] = markedPeople(3);
const PEOPLE = markedPeople(3);
const VIEWS = ["customers", "transactions", "purchases"];
let world: World;

beforeAll(async () => {
  if (jane === undefined || john === undefined || mary === undefined) throw new Error("there are three people");
  world = await openWorld();
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [
    jane.customer(),
    john.customer(),
    mary.customer(),
  ]);
  await landRecords(world, "date=2022-03-01/hour=00/transactions.json", [
    jane.transaction(1),
    jane.transaction(2, {
      purchases: { products: [{ sku: 99999, quantity: 1, price: "1.00", total: "1.00" }], total_cost: "1.00" },
    }),
    john.transaction(1),
  ]);
  await land(
    world,
    "date=2022-03-01/hour=01/customers.csv",
    [
      "id,first_name,last_name,date_of_birth,email,phone_number,address,city,country,postcode,last_change,segment",
      `${jane.id},${jane.customer().first_name},${jane.customer().last_name},1980-01-02,New@Box.example,,<b>1 Lane</b>,Split,Croatia,21000,2022-02-01,`,
      `${mary.id},Other,Owner,1980-01-02,owner@box.example,,1 Lane,Split,Croatia,21000,2022-02-01,`,
      "",
    ].join("\n"),
  );
  await landRecords(world, "date=2022-03-01/hour=02/customers.json", [jane.customer({ date_of_birth: "never" })]);
  await succeed(world, "customers", "products", "transactions");
  await landRecords(world, "date=2022-03-01/hour=02/erasure-requests.json", [
    { ...jane.request, email: "other@box.example" },
  ]);
  await succeed(world, "erasure-requests");
  await settle(world);
});
afterAll(() => world.close());

const claimOf = (person: typeof jane) => ({ customerId: person?.id ?? "", email: person?.email ?? "" });

async function exportOf(person: typeof jane): Promise<SubjectExport> {
  const { status, body } = await world.api("POST", "/subjects/export", claimOf(person));
  expect(status, JSON.stringify(body)).toBe(200);
  return body as SubjectExport;
}

describe("the copy of a person's data", () => {
  it("holds every version, what was bought, what was set aside, the files, and where each came from", async () => {
    const held = await exportOf(jane);
    expect(held.identifiers).toMatchObject({
      customerIds: [jane?.id],
      emails: expect.arrayContaining([jane?.email.toLowerCase(), "new@box.example"]),
    });
    const rowsOf = (table: string) => held.tables.find((each) => each.table === table)?.rows ?? [];
    expect(rowsOf("warehouse.customers")).toMatchObject([
      {
        file: expect.stringMatching(/hour=01\/customers\.\d+\.csv$/),
        date: "2022-03-01T01:00:00Z",
        data: { city: "Split" },
      },
    ]);
    expect(rowsOf("warehouse.customers_history")).toMatchObject([
      { file: expect.stringMatching(/hour=00\/customers\.\d+\.json$/), data: { id: jane?.id } },
    ]);
    for (const table of ["transactions", "delivery_addresses", "purchases"]) {
      expect(rowsOf(`warehouse.${table}`), table).toHaveLength(1);
      expect(rowsOf(`warehouse.${table}`)[0]?.file).toMatch(/hour=00\/transactions\.\d+\.json$/);
    }
    expect(held.quarantine.map(({ dataset, reason }) => `${dataset} ${reason}`).sort()).toEqual([
      "customers schema",
      "transactions unknown_sku",
    ]);
    const inFiles = held.files.map(({ place, date, records }) => `${place} ${date.slice(11, 13)} ${records.length}`);
    expect(inFiles.sort()).toEqual([
      "archived_data 00 1",
      "archived_data 00 2",
      "archived_data 01 1",
      "archived_data 02 1",
      "archived_data 02 1",
      "processed_data 00 1",
      "processed_data 00 1",
      "processed_data 01 1",
    ]);
    expect(held.requests).toMatchObject([{ state: "undecided", due: expect.any(String) }]);
    expect(held.restrictedAt).toBeNull();
  });

  it("holds nothing of anybody else", async () => {
    const named = createRecogniser(PEOPLE)(JSON.stringify(await exportOf(john)));
    expect([...named]).toEqual([john?.n]);
  });

  it("is refused to who may be somebody else, and tells nothing", async () => {
    for (const email of [john?.email, "nobody@box.example"]) {
      const { status, body } = await world.api("POST", "/subjects/export", { ...claimOf(jane), email });
      expect({ status, body }).toMatchObject({ status: 409, body: { code: "identity_doubt" } });
      expect([...createRecogniser(PEOPLE)(JSON.stringify(body))]).toEqual([]);
    }
    expect(await world.api("POST", "/subjects/export", claimOf(mary))).toMatchObject({ status: 409 });
    expect(await world.api("POST", "/subjects/export", { ...claimOf(mary), identityChecked: true })).toMatchObject({
      status: 200,
      body: { identifiers: { customerIds: [mary?.id] } },
    });
    expect((await world.api("POST", "/subjects/export", { customerId: "999999", email: "a@b.example" })).status).toBe(
      404,
    );
  });

  it("comes as a page that shows everything and runs nothing", async () => {
    const address = world.apiAddress();
    const answer = await fetch(`${address}/subjects/export?format=html`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(claimOf(jane)),
    });
    expect(answer.headers.get("content-type")).toContain("text/html");
    const page = await answer.text();
    expect(page).toContain("&lt;b&gt;1 Lane&lt;/b&gt;");
    expect(page).not.toMatch(/<b>|<script|src=|href=/);
    expect([...createRecogniser(PEOPLE)(page)]).toEqual([jane?.n]);
  });

  it("is written by the command to files for their owner alone, from a request that is no argument", async () => {
    const [request, out, html] = ["request.json", "copy.json", "copy.html"].map((name) => join(world.data, name));
    await writeFile(request ?? "", JSON.stringify(jane?.request), { mode: 0o600 });
    const args = ["--file", request ?? "", "--out", out ?? "", "--html", html ?? ""];
    const result = await world.lethe("subject", "export", ...args);
    expect(result.code, result.err).toBe(0);
    const { createdAt: _, ...written } = JSON.parse(await readFile(out ?? "", "utf8"));
    const { createdAt: __, ...answered } = await exportOf(jane);
    expect(written).toEqual(answered);
    for (const file of [out, html]) expect((await stat(file ?? "")).mode & 0o777).toBe(0o600);
    expect([...createRecogniser(PEOPLE)(result.out + result.err)]).toEqual([]);
  });

  it("is recorded, with who gave it, and stands in no log", async () => {
    const { rows } = await world.pool.query(
      "select distinct acted_by from privacy.acts where act = 'exported' order by 1",
    );
    expect(rows.map(({ acted_by }) => acted_by)).toEqual(["command-line", "local"]);
    expect([...createRecogniser(PEOPLE)(await world.logs())]).toEqual([]);
  });
});

describe("a restriction", () => {
  const restrict = (act: "restrict" | "release", person = jane) =>
    world.api("POST", `/subjects/${act}`, { ...claimOf(person), reason: "case 12" });
  const views = async () =>
    Promise.all(VIEWS.map(async (view) => (await rowsAsText(world, `analytics.${view}`)).sort()));

  it("hides the person from analysts, keeps everything, and can be lifted", async () => {
    const before = await views();
    expect(await restrict("release")).toMatchObject({ status: 404 });
    expect(await restrict("restrict")).toMatchObject({ status: 204 });
    const hidden = await views();
    expect(hidden.map((rows, i) => (before[i]?.length ?? 0) - rows.length)).toEqual([1, 1, 1]);
    expect((await exportOf(jane)).restrictedAt).toEqual(expect.any(String));
    expect((await exportOf(john)).restrictedAt).toBeNull();
    expect(await restrict("restrict")).toMatchObject({ status: 409, body: { code: "run_state" } });
    expect(await restrict("release")).toMatchObject({ status: 204 });
    expect(await views()).toEqual(before);
    const { rows } = await world.pool.query(
      "select act, acted_by, reason from privacy.acts where act like 're%ed' order by id",
    );
    expect(rows).toEqual([
      { act: "restricted", acted_by: "local", reason: "case 12" },
      { act: "released", acted_by: "local", reason: "case 12" },
    ]);
  });

  it("is set and lifted by the command", async () => {
    const before = await views();
    const request = join(world.data, "john.json");
    await writeFile(request, JSON.stringify(john?.request), { mode: 0o600 });
    expect((await world.lethe("subject", "restrict", "--file", request)).code).toBe(2);
    const restricted = await world.lethe("subject", "restrict", "--file", request, "--reason", "case 13");
    expect(restricted.code, restricted.err).toBe(0);
    expect((await views())[0]).toHaveLength((before[0]?.length ?? 0) - 1);
    const released = await world.lethe("subject", "release", "--file", request, "--reason", "case 13");
    expect(released.code, released.err).toBe(0);
    expect(await views()).toEqual(before);
  });
});
