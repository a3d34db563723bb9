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
import { openAlert } from "@lethe/warehouse/quality/alerts";
import { addLate, changeLate } from "@lethe/warehouse/quality/late-partitions";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const YEARS_OF_HOURS = 35_000;

let world: World;
let browser: TestBrowser;
let address: string;
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ settings: NO_THRESHOLDS }), startBrowser()]);
  address = world.apiAddress();
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-03-01/hour=01/transactions.json", [transaction(1), transaction(2)]);
  await landRecords(world, "date=2022-03-01/hour=03/transactions.json", [
    transaction(3),
    transaction(4, { customer_id: "999999" }),
  ]);
  await landRecords(world, "date=2022-03-03/hour=05/transactions.json", [transaction(5)]);
  for (const job of ["customers", "products", "transactions"] as const) await runByApi(world, job);
  const now = new Date();
  const alert = { dataset: "transactions", kind: "arrival", cause: "arrival", message: "", partition: null } as const;
  const alertId = await openAlert(world.pool, alert, now);
  for (const hour of [8, 9]) {
    const partition = { date: "2022-03-02", hour };
    await addLate(world.pool, "transactions", { partition, dueAt: now, missingAt: now, alertId });
    if (hour === 8) await changeLate(world.pool, "transactions", partition, "missing", now);
  }
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

const PATH = "/console/partitions?dataset=transactions";

async function openCalendar(options: Parameters<TestBrowser["open"]>[1] = {}, path = PATH): Promise<Page> {
  const page = await browser.open(address + path, options);
  await hoursOf(page).waitFor();
  return page;
}

const hoursOf = (page: Page) => page.getByRole("application", { name: "Hours of transactions" });
const textOf = (page: Page) => page.locator(".hour-text").textContent();

/** Presses keys one after the other, and returns what is read out then. */
async function press(page: Page, ...keys: string[]): Promise<string> {
  for (const key of keys) await page.keyboard.press(key);
  return (await textOf(page)) ?? "";
}

describe("the calendar", () => {
  it("says of each hour what became of it, as keys walk through it", async () => {
    const page = await openCalendar();
    await hoursOf(page).focus();
    expect(await textOf(page)).toBe("2022-03-03T05: loaded, 1 file, 1 loaded, 0 rejected.");
    expect(await press(page, "ArrowDown")).toBe("2022-03-02T05: no file, none expected.");
    expect(await press(page, "ArrowRight", "ArrowRight", "ArrowRight")).toMatch(/^2022-03-02T08: missing, 0 files/);
    expect(await press(page, "ArrowRight")).toMatch(/^2022-03-02T09: late/);
    expect(await press(page, "Control+Home")).toMatch(/^2022-03-01T00/);
    expect(await press(page, "ArrowRight")).toBe("2022-03-01T01: loaded, 1 file, 2 loaded, 0 rejected.");
    expect(await press(page, "ArrowRight", "ArrowRight")).toBe(
      "2022-03-01T03: partly rejected, 1 file, 1 loaded, 1 rejected.",
    );
    expect(await press(page, "End")).toMatch(/^2022-03-01T23/);
    expect(await press(page, "ArrowRight")).toMatch(/^2022-03-02T00/);
    expect(await press(page, "PageUp")).toMatch(/^2022-03-03T00/);
    await page.context().close();
  });

  it("shows an hour's files with their run", async () => {
    const page = await openCalendar();
    await hoursOf(page).focus();
    await press(page, "Control+Home", "ArrowRight", "ArrowRight", "ArrowRight", "Enter");
    const panel = page.getByRole("region", { name: "transactions, 2022-03-01T03" });
    await panel.getByRole("row", { name: /hour=03\/transactions/ }).waitFor();
    expect(new URL(page.url()).searchParams.get("hour")).toBe("2022-03-01T03");
    await page.reload();
    await panel.getByRole("row", { name: /hour=03\/transactions/ }).waitFor();
    await panel.getByRole("link", { name: /^[0-9a-f]{8}$/ }).click();
    await page.getByRole("heading", { name: "transactions: run of new files" }).waitFor();
    await page.context().close();
  });

  it("selects by the pointer, too", async () => {
    const page = await openCalendar();
    const box = await hoursOf(page).boundingBox();
    if (box === null) throw new Error("the calendar cannot be seen");
    const at = (hour: number, row: number) => [box.x + 84 + (hour + 0.5) * 34, box.y + 20 + (row + 0.5) * 18] as const;
    await page.mouse.move(...at(1, 2));
    await page.mouse.down();
    await page.mouse.move(...at(4, 2), { steps: 3 });
    await page.mouse.up();
    expect(await textOf(page)).toContain("Selected: 4 hours, 2022-03-01T01 to 2022-03-01T04.");
    expect(await page.getByLabel("First partition").inputValue()).toBe("2022-03-01T01");
    await page.context().close();
  });

  it("tells the states apart by more than their colour", async () => {
    const page = await openCalendar();
    const swatches = await page.evaluate<string[]>(`[...document.querySelectorAll(".swatch")].map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      // What is left of a colour on a black and white printer.
      let shape = "";
      for (let i = 0; i < data.length; i += 4) shape += data[i + 3] === 0 ? " " : Math.round((data[i] * 3 + data[i + 1] * 6 + data[i + 2]) / 10 / 64);
      return shape;
    })`);
    expect(swatches.length).toBeGreaterThan(7);
    expect(new Set(swatches).size).toBe(swatches.length);
    await page.context().close();
  });
});

describe("the table", () => {
  it("has the same hours, by page and state", async () => {
    const page = await browser.open(`${address}${PATH}&view=table`);
    const rows = page.getByRole("region", { name: "Hours of transactions" }).locator("tbody tr");
    await rows.first().waitFor();
    expect(await rows.allTextContents()).toEqual([
      expect.stringContaining("2022-03-03T05"),
      expect.stringContaining("2022-03-02T09"),
      expect.stringContaining("2022-03-02T08"),
      expect.stringContaining("2022-03-01T03"),
      expect.stringContaining("2022-03-01T01"),
    ]);
    await page.getByLabel("State").selectOption("missing");
    await expect.poll(() => rows.allTextContents()).toEqual([expect.stringContaining("2022-03-02T08")]);
    await rows.getByRole("button", { name: "2022-03-02T08" }).click();
    await page.getByRole("region", { name: "transactions, 2022-03-02T08" }).getByText("No file has come.").waitFor();
    await page.context().close();
  });
});

describe("a backfill", () => {
  it("is selected by keys, tried first, capped, started and followed to its end", async () => {
    const page = await openCalendar();
    await hoursOf(page).focus();
    const text = await press(page, "Control+Home", "Shift+End", "Shift+ArrowUp");
    expect(text).toContain("Selected: 48 hours, 2022-03-01T00 to 2022-03-02T23.");
    const form = page.getByRole("form", { name: "Backfill" });
    expect(await form.getByLabel("Last partition").inputValue()).toBe("2022-03-02T23");
    await form.getByRole("button", { name: "Dry run" }).click();
    await form.getByText("would take 2 partitions with 2 files").waitFor();
    await form.getByLabel("Limit (files)").fill("1");
    await form.getByRole("button", { name: "Dry run" }).click();
    await form.getByText("would take 1 partition with 1 file").waitFor();
    await form.getByText("leaves 1 partition with 1 file").waitFor();
    await form.getByLabel("Which partitions").selectOption("missing");
    await form.getByRole("button", { name: "Dry run" }).click();
    await form.getByText("would take 0 partitions").waitFor();
    await form.getByLabel("Which partitions").selectOption("");
    await form.getByRole("button", { name: "Start the backfill" }).click();
    const panel = page.getByRole("region", { name: "Backfill", exact: true });
    await panel.getByText("succeeded").waitFor();
    const [, id] = /backfill=([0-9a-f-]{36})/.exec(page.url()) ?? [];
    const { rows } = await world.pool.query("select kind, range_from, range_to, state from ledger.runs where id = $1", [
      id,
    ]);
    expect(rows).toEqual([
      { kind: "backfill", range_from: "2022-03-01T00", range_to: "2022-03-02T23", state: "succeeded" },
    ]);
    await page.context().close();
  });

  it("can be cancelled, and says that live runs go first", async () => {
    const [extractor] = [...world.running].filter(({ name }) => name === "extractor");
    if (extractor === undefined) throw new Error("no extractor runs");
    await world.stop(extractor);
    const page = await openCalendar();
    await page.getByText("It has a lower priority than live runs").waitFor();
    await page.getByRole("button", { name: "Start the backfill" }).click();
    await page.getByRole("button", { name: "Cancel the backfill" }).click();
    await page
      .getByRole("region", { name: "Backfill", exact: true })
      .getByText("Cancelled; what was loaded stays.")
      .waitFor();
    await page.context().close();
    await world.start("extractor");
    await settle(world);
  });

  it("is not for viewers, and not of requests", async () => {
    const scheduler = await world.start("scheduler", { LETHE_API_TOKEN: "a-token-of-some-length" });
    const page = await browser.open((scheduler.address ?? "") + PATH);
    await page.getByLabel("API token").fill(await createApiToken(world.pool, "a-viewer", "viewer"));
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await hoursOf(page).waitFor();
    expect(await page.getByRole("button", { name: "Start the backfill" }).count()).toBe(0);
    await page.context().close();
    await world.stop(scheduler);
    const asAdmin = await browser.open(`${address}/console/partitions?dataset=erasure-requests`);
    await asAdmin.getByText("Nothing has come of erasure-requests yet.").waitFor();
    expect(await asAdmin.getByRole("button", { name: "Start the backfill" }).count()).toBe(0);
    await asAdmin.context().close();
  });
});

describe.each(THEMES)("in the %s theme", (theme) => {
  it.each(Object.keys(SIZES) as Size[])("axe finds nothing serious in a %s window", async (size) => {
    for (const [name, path] of [
      ["partitions", `${PATH}&hour=2022-03-01T03`],
      ["partitions-table", `${PATH}&view=table`],
    ] as const) {
      const page = await browser.open(address + path, { size, theme });
      await page.getByText("5 hours").waitFor();
      await page.getByRole("button", { name: "Start the backfill" }).waitFor();
      if (name === "partitions") await page.getByRole("row", { name: /hour=03/ }).waitFor();
      expect([name, await seriousFindings(page)]).toEqual([name, []]);
      expect([name, await overflowOf(page)]).toEqual([name, 0]);
      await takePicture(page, `${name}-${theme}-${size}`);
      await page.context().close();
    }
  });
});

it("opens 35,000 hours", async () => {
  await world.pool.query(
    `insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state, records_in, records_loaded,
       records_rejected, created_at, done_at, delivery)
     select 'products', 'x', at::date, extract(hour from at), sha256(int8send(n)), 1000, (select min(id::text)::uuid from ledger.runs), 'done',
            100, 100 - n % 2, n % 2, at, at, sha256(int8send(n))
     from generate_series(1, $1::bigint) n, lateral (select timestamp '2022-03-01' - n * interval '1 hour' as at) as t`,
    [YEARS_OF_HOURS],
  );
  await world.pool.query("analyze ledger.files");
  const page = await browser.open(`${address}/console/partitions?dataset=customers`);
  await page.getByText("1 hour in all").waitFor();
  await page.goto(`${address}/console/partitions?dataset=products`);
  await page.getByText("35,001 hours in all").waitFor();
  await page.context().close();
});
