import type { Role } from "@lethe/contracts/roles";
import {
  overflowOf,
  SIZES,
  type Size,
  seriousFindings,
  startBrowser,
  type TestBrowser,
  THEMES,
  takePicture,
} from "@lethe/test-kit/browser";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { createApiToken } from "@lethe/warehouse/access/api-tokens";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SALE = transaction(1).transaction_id;

let world: World;
let browser: TestBrowser;
let address: string;
const tokens = new Map<Role, string>();
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ settings: NO_THRESHOLDS }), startBrowser()]);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  const rejected = transaction(2, { customer_id: "777777" });
  await landRecords(world, "date=2022-03-01/hour=01/transactions.json", [transaction(1), rejected]);
  for (const job of ["customers", "products", "transactions"] as const) await runByApi(world, job);
  const scheduler = await world.start("scheduler", {
    LETHE_API_TOKEN: "a-token-of-some-length",
    LETHE_RATE_LIMIT: "0",
  });
  address = scheduler.address ?? "";
  for (const role of ["viewer", "privacy-officer"] as const) {
    tokens.set(role, await createApiToken(world.pool, `a-${role}`, role));
  }
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

/** Opens a page of the console as somebody of this role; `asked` gathers the addresses that it asks for. */
async function openAs(role: Role, path: string, options = {}): Promise<{ page: Page; asked: string[] }> {
  const page = await browser.open(address + path, options);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.getByLabel("API token").fill(tokens.get(role) ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return { page, asked };
}

async function looks(): Promise<number> {
  const { rowCount } = await world.pool.query("select 1 from privacy.acts where act = 'traced'");
  return rowCount ?? 0;
}

async function fileOf(dataset: string): Promise<number> {
  const { rows } = await world.pool.query<{ id: number }>("select id from ledger.files where dataset = $1", [dataset]);
  return rows[0]?.id ?? 0;
}

describe("a viewer", () => {
  it("goes from a record to its file and line, to the neighbour in quarantine, and back", async () => {
    const { page } = await openAs("viewer", "/console/lineage");
    await page.getByLabel("Dataset of the record").selectOption("transactions");
    await page.getByLabel("Key: transaction id").fill(SALE);
    await page.getByRole("button", { name: "Trace the record" }).click();
    const row = page.getByRole("row", { name: /transactions current/ });
    await row.waitFor();
    expect(new URL(page.url()).searchParams.get("key")).toBe(SALE);
    await row.getByRole("link", { name: "1", exact: true }).click();
    await page.getByText("The line was loaded.").waitFor();
    await page.getByRole("button", { name: SALE }).click();
    await row.waitFor();
    await page.getByRole("link", { name: "its records in quarantine" }).click();
    await page.getByRole("link", { name: /transactions.*:2$/ }).click();
    await page.getByText("The line stands in quarantine.").waitFor();
    await page.getByRole("region", { name: "In quarantine" }).getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: /Record \d+ in quarantine/ }).waitFor();
    await page.getByRole("link", { name: /\(trace\)/ }).click();
    await page.getByText("The line stands in quarantine.").waitFor();
    expect(await looks()).toBe(0);
    await page.context().close();
  });

  it("is offered no record of a person, and sees no key of one", async () => {
    const { page, asked } = await openAs("viewer", `/console/lineage?fileId=${await fileOf("customers")}&line=1`);
    await page.getByText("of a person, not shown").first().waitFor();
    expect(await page.getByRole("button", { name: "Show the keys of people" }).count()).toBe(0);
    const offered = await page.getByLabel("Dataset of the record").locator("option").allTextContents();
    expect(offered.sort()).toEqual(["products", "transactions"]);
    expect(await page.content()).not.toContain("000001");
    await page.goto(`${address}/console/lineage?dataset=customers&key=1`);
    await page.getByRole("alert").getByText("must not stand in an address").waitFor();
    expect(asked.filter((url) => url.includes("/lineage/customers"))).toEqual([]);
    await page.context().close();
  });
});

describe("a privacy officer", () => {
  it("traces the record of a person by a key that stands in no address, and each look is recorded", async () => {
    const before = await looks();
    const { page, asked } = await openAs("privacy-officer", "/console/lineage");
    await page.getByLabel("Dataset of the record").selectOption("customers");
    await page.getByLabel("Key: id").fill("000001");
    await page.getByRole("button", { name: "Trace the record" }).click();
    await page.getByText("That you looked is recorded.").waitFor();
    const row = page.getByRole("row", { name: /customers current/ });
    await row.getByRole("link", { name: "1", exact: true }).click();
    await page.getByRole("button", { name: "Show the keys of people" }).click();
    await page.getByText("You see the keys of people.").waitFor();
    await page.getByRole("button", { name: "000001" }).first().click();
    await row.waitFor();
    expect(await looks()).toBe(before + 3);
    expect(asked.filter((url) => url.includes("000001"))).toEqual([]);
    expect(page.url()).not.toContain("000001");
    await page.goBack();
    expect(page.url()).not.toContain("000001");
    await page.context().close();
  });
});

describe.each(THEMES)("in the %s theme", (theme) => {
  it.each(Object.keys(SIZES) as Size[])("traces are in order in a %s window", async (size) => {
    const { page } = await openAs("viewer", `/console/lineage?dataset=transactions&key=${SALE}`, { size, theme });
    const row = page.getByRole("row", { name: /transactions current/ });
    await row.waitFor();
    const look = async (name: string) => {
      expect([name, await seriousFindings(page)]).toEqual([name, []]);
      expect([name, await overflowOf(page)]).toEqual([name, 0]);
    };
    await look("record");
    await takePicture(page, `lineage-record-${theme}-${size}`);
    await row.getByRole("link", { name: "1", exact: true }).click();
    await page.getByText("The line was loaded.").waitFor();
    await look("line");
    await page.context().close();
  });
});
