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
import { runByApi, settle } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { createApiToken } from "@lethe/warehouse/access/api-tokens";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PAGE = 5;

let world: World;
let browser: TestBrowser;
let address: string;
const tokens = new Map<Role, string>();
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ settings: NO_THRESHOLDS }), startBrowser()]);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  // Six sales of a customer who is not there yet, and one whose sum is wrong.
  const unknown = [1, 2, 3, 4, 5, 6].map((n) => transaction(n, { customer_id: "777777" }));
  await landRecords(world, "date=2022-03-01/hour=01/transactions.json", [...unknown, wrongTotal(7)]);
  for (const job of ["customers", "products", "transactions"] as const) await runByApi(world, job);
  const scheduler = await world.start("scheduler", {
    LETHE_API_TOKEN: "a-token-of-some-length",
    LETHE_RATE_LIMIT: "0",
    LETHE_MAX_PAGE: String(PAGE),
  });
  address = scheduler.address ?? "";
  for (const role of ["viewer", "operator", "privacy-officer"] as const) {
    tokens.set(role, await createApiToken(world.pool, `a-${role}`, role));
  }
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

function wrongTotal(n: number) {
  const sale = transaction(n);
  return { ...sale, purchases: { ...sale.purchases, total_cost: "9.99" } };
}

/** Opens a page of the console as somebody of this role. */
async function openAs(role: Role, path: string, options = {}): Promise<Page> {
  const page = await browser.open(address + path, options);
  await page.getByLabel("API token").fill(tokens.get(role) ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  return page;
}

const rowsOf = (page: Page) => page.getByRole("region", { name: "Records in quarantine" }).locator("tbody tr");

async function idsOf(page: Page): Promise<number[]> {
  await rowsOf(page).first().waitFor();
  const texts = await page.locator('td a[href^="/console/quarantine/"]').allTextContents();
  return texts.map(Number);
}

async function recordsWith(reason: string): Promise<number[]> {
  const { rows } = await world.pool.query<{ id: number }>(
    "select id from ledger.quarantine where reason = $1 and status = 'open' order by id",
    [reason],
  );
  return rows.map(({ id }) => id);
}

describe("the list", () => {
  it("filters, and keeps the filters and the place in the address", async () => {
    const page = await openAs("viewer", "/console/quarantine");
    const all = await idsOf(page);
    expect(all).toHaveLength(PAGE);
    await page.getByRole("button", { name: "Newer" }).click();
    await page.getByRole("button", { name: "Oldest" }).waitFor();
    await expect.poll(() => idsOf(page)).toHaveLength(2);
    expect(new URL(page.url()).searchParams.get("after")).toBe(String(all.at(-1)));
    await page.goBack();
    await expect.poll(() => idsOf(page)).toEqual(all);
    await page.getByLabel("Reason", { exact: true }).selectOption("total_mismatch");
    await expect.poll(() => idsOf(page)).toEqual(await recordsWith("total_mismatch"));
    await page.reload();
    expect(await idsOf(page)).toEqual(await recordsWith("total_mismatch"));
    expect(await page.getByLabel("Reason", { exact: true }).inputValue()).toBe("total_mismatch");
    await page.getByLabel("Partition").fill("2022-03-01T02");
    await page.getByLabel("Partition").press("Enter");
    await page.getByText("No record matches these filters.").waitFor();
    expect(new URL(page.url()).search).toBe("?reason=total_mismatch&partition=2022-03-01T02");
    await page.getByLabel("Partition").fill("tomorrow");
    await page.getByLabel("Partition").press("Enter");
    await page.getByRole("alert").getByText("Write a day, such as").waitFor();
    expect(await page.getByText("must match pattern").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await page.context().close();
  });

  it("counts by dataset, reason and status, and each count leads to its records", async () => {
    const page = await openAs("viewer", "/console/quarantine");
    await page.getByText("By dataset and reason").click();
    const row = page.getByRole("row", { name: /transactions total mismatch/ });
    await row.getByRole("link", { name: "1" }).first().click();
    await expect.poll(() => idsOf(page)).toEqual(await recordsWith("total_mismatch"));
    await page.context().close();
  });
});

describe("a role", () => {
  it("viewer sees records masked, and nothing that it may not do", async () => {
    const [id] = await recordsWith("unknown_customer");
    const page = await openAs("viewer", "/console/quarantine");
    await rowsOf(page).first().waitFor();
    expect(await page.getByRole("checkbox").count()).toBe(0);
    expect(await page.getByRole("button", { name: /Replay|Discard/ }).count()).toBe(0);
    await page.getByRole("link", { name: String(id), exact: true }).click();
    await page.getByText("Your role does not see personal data").waitFor();
    expect(await page.getByRole("button", { name: /Correct|Replay|Discard/ }).count()).toBe(0);
    const text = await page.locator("pre").textContent();
    expect(text).toContain("[masked]");
    expect(await page.content()).not.toMatch(/777777|Quiet Row/);
    await page.context().close();
  });

  it("privacy-officer is told that looks are recorded, sees the record as it was sent, and is recorded", async () => {
    const [id] = await recordsWith("unknown_customer");
    const page = await openAs("privacy-officer", "/console/quarantine");
    await page.getByText("that they looked is recorded").waitFor();
    await page.getByRole("link", { name: String(id), exact: true }).click();
    await page.getByText("That you looked is recorded.").waitFor();
    expect(await page.locator("pre").textContent()).toContain("777777");
    expect(await page.getByRole("button", { name: /Correct|Replay|Discard/ }).count()).toBe(0);
    const { rows } = await world.pool.query(
      "select acted_by from privacy.acts where act = 'viewed' and quarantine_id = $1",
      [id],
    );
    expect(rows).toEqual([{ acted_by: "a-privacy-officer" }]);
    expect(page.url()).not.toContain("777777");
    await page.context().close();
  });
});

describe("an operator", () => {
  it("corrects a record, which is then loaded", async () => {
    const [id] = await recordsWith("total_mismatch");
    const page = await openAs("operator", `/console/quarantine/${id}`);
    await page.getByRole("button", { name: "Correct …" }).click();
    const dialog = page.getByRole("dialog");
    const prefilled = JSON.parse(await dialog.getByLabel("Changed fields, as JSON").inputValue());
    expect(prefilled).toEqual({ purchases: { total_cost: "9.99" } });
    await dialog.getByRole("region", { name: "The record" }).getByText("9.99").waitFor();
    await dialog.getByLabel("Changed fields, as JSON").fill("total_cost: 5");
    await dialog.getByRole("button", { name: "Correct and replay" }).click();
    await dialog.getByRole("alert").getByText("no_json_object").waitFor();
    await dialog.getByLabel("Changed fields, as JSON").fill('{"purchases": {"total_cost": "5.00"}}');
    await dialog.getByRole("button", { name: "Correct and replay" }).click();
    await dialog.getByText("The correction is").waitFor();
    await settle(world);
    await dialog.getByRole("button", { name: "Close" }).click();
    await page.locator(".state", { hasText: "superseded" }).waitFor();
    await page.getByRole("link", { name: /^record \d+$/ }).click();
    await page.locator(".state", { hasText: "replayed" }).waitFor();
    await page.context().close();
  });

  it("sees what a replay of chosen records would load, and replays them and no others", async () => {
    const ids = await recordsWith("unknown_customer");
    const chosen = ids.slice(0, 2);
    const page = await openAs("operator", "/console/quarantine?reason=unknown_customer&status=open");
    for (const id of chosen) await page.getByLabel(`Choose record ${id}`).check();
    await page.getByRole("button", { name: "Replay 2 records …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Preview what would load" }).click();
    const plan = dialog.getByRole("row", { name: /transactions/ });
    await plan.waitFor();
    expect(await plan.locator("td").allTextContents()).toEqual(["transactions", "2", "0", "2", "unknown customer: 2"]);
    expect(await recordsWith("unknown_customer")).toEqual(ids);
    await landRecords(world, "date=2022-03-01/hour=02/customers.json", [customer({ id: "888888" })]);
    await dialog.getByRole("button", { name: "Replay", exact: true }).click();
    await dialog.getByText("1 replay began:").waitFor();
    await settle(world);
    const { rows } = await world.pool.query<{ ids: number[] }>(
      "select (replay_filter -> 'ids') as ids from ledger.runs where kind = 'replay' and replay_filter is not null",
    );
    expect(rows).toEqual([{ ids: chosen }]);
    await dialog.getByRole("link", { name: "transactions" }).click();
    await page.getByRole("heading", { level: 1, name: /transactions/ }).waitFor();
    await page.context().close();
  });

  it("discards what is chosen, with a reason that is kept, then all that match", async () => {
    const ids = await recordsWith("unknown_customer");
    const page = await openAs("operator", "/console/quarantine?reason=unknown_customer&status=open");
    await page.getByLabel(`Choose record ${ids[0]}`).check();
    await page.getByRole("button", { name: "Discard 1 record …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("case 17: sent twice by mistake");
    await dialog.getByRole("button", { name: "Discard", exact: true }).click();
    await dialog.getByText("1 record is discarded.").waitFor();
    await dialog.getByRole("button", { name: "Close" }).click();
    await expect.poll(() => recordsWith("unknown_customer")).toEqual(ids.slice(1));
    await expect.poll(() => idsOf(page)).toEqual(ids.slice(1));
    await page.getByRole("button", { name: "Discard all that match …" }).click();
    await dialog.getByLabel("Reason").fill("case 18");
    await dialog.getByRole("button", { name: "Discard", exact: true }).click();
    await dialog.getByText("5 records are discarded.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("No record matches these filters.").waitFor();
    const { rows } = await world.pool.query<{ by: string; reason: string }>(
      "select distinct acted_by as by, reason from privacy.acts where act = 'discarded' order by reason",
    );
    expect(rows).toEqual([
      { by: "a-operator", reason: "case 17: sent twice by mistake" },
      { by: "a-operator", reason: "case 18" },
    ]);
    await page.context().close();
  });

  it("changes nothing with the token of another session, is told so, and goes on as who it now is", async () => {
    await landRecords(world, "date=2022-03-01/hour=03/transactions.json", [wrongTotal(20), wrongTotal(21)]);
    await runByApi(world, "transactions");
    const [first] = await recordsWith("total_mismatch");
    const page = await openAs("operator", `/console/quarantine/${first}`);
    const other = await page.context().newPage();
    await other.goto(`${address}/console/quarantine`);
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.getByLabel("API token").fill("a-token-of-some-length");
    await other.getByRole("button", { name: "Sign in", exact: true }).click();
    await other.getByRole("button", { name: "Sign out" }).waitFor();
    await page.getByRole("button", { name: "Discard …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Reason").fill("case 19");
    await dialog.getByRole("button", { name: "Discard", exact: true }).click();
    await dialog.getByRole("alert").getByText("csrf_token_required").waitFor();
    await page.getByRole("banner").getByText("LETHE_API_TOKEN").waitFor();
    await dialog.getByRole("button", { name: "Discard", exact: true }).click();
    await dialog.getByText("1 record is discarded.").waitFor();
    await page.context().close();
  });
});

describe.each(THEMES)("in the %s theme", (theme) => {
  it.each(Object.keys(SIZES) as Size[])("list, record and dialogs are in order in a %s window", async (size) => {
    const [id] = await recordsWith("total_mismatch");
    const page = await openAs("operator", `/console/quarantine/${id}`, { size, theme });
    await page.locator("pre").waitFor();
    const look = async (name: string) => {
      expect([name, await seriousFindings(page)]).toEqual([name, []]);
      expect([name, await overflowOf(page)]).toEqual([name, 0]);
    };
    await look("quarantine-record");
    await takePicture(page, `quarantine-record-${theme}-${size}`);
    for (const name of ["Correct", "Replay", "Discard"]) {
      await page.getByRole("button", { name: `${name} …` }).click();
      await page.getByRole("dialog").waitFor();
      await look(name);
      if (name === "Replay") {
        await page.getByRole("button", { name: "Preview what would load" }).click();
        await page.getByRole("row", { name: /transactions/ }).waitFor();
        await look("preview");
        await takePicture(page, `quarantine-replay-${theme}-${size}`);
      }
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
    }
    await page.goto(`${address}/console/quarantine`);
    await rowsOf(page).first().waitFor();
    await page.getByText("By dataset and reason").click();
    await look("list");
    await page.context().close();
  });
});
