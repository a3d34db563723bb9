import { startBrowser, type TestBrowser, untilLoaded } from "@lethe/test-kit/browser";
import { landRecords } from "@lethe/test-kit/landing";
import { customer } from "@lethe/test-kit/records";
import { openWorld, type World } from "@lethe/test-kit/world";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

let world: World;
let browser: TestBrowser;
let page: Page;
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld(), startBrowser()]);
  const address = world.apiAddress();
  page = await browser.open(address);
  await untilLoaded(page);
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

/** The panel of a job. */
const panel = (job: string) => page.getByRole("region", { name: job, exact: true });

async function scheduleOf(job: string): Promise<unknown> {
  const { rows } = await world.pool.query("select cron, timezone, enabled from ledger.schedules where job = $1", [job]);
  return rows[0];
}

it("changes a schedule, explains one that is refused, and shows it in words", async () => {
  await page.getByRole("button", { name: "Change the schedule of products" }).click();
  const dialog = page.getByRole("dialog", { name: "Schedule of products" });
  await dialog.getByLabel("Cron pattern").fill("every hour");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("Cron pattern").fill("30 4 * * *");
  await dialog.getByLabel("Time zone").fill("UTC");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("Saved: At 04:30").waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await dialog.waitFor({ state: "detached" });
  await panel("products").getByText("At 04:30").waitFor();
  expect(await scheduleOf("products")).toEqual({ cron: "30 4 * * *", timezone: "UTC", enabled: true });
});

it("switches a schedule off and on", async () => {
  await page.getByRole("button", { name: "Switch off the schedule of customers" }).click();
  await page.getByRole("button", { name: "Switch on the schedule of customers" }).waitFor();
  expect(await scheduleOf("customers")).toMatchObject({ enabled: false });
  await page.getByRole("button", { name: "Switch on the schedule of customers" }).click();
  await page.getByRole("button", { name: "Switch off the schedule of customers" }).waitFor();
  expect(await scheduleOf("customers")).toMatchObject({ enabled: true });
});

it("starts a run of a range, and refuses a range that is none", async () => {
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-05/hour=00/customers.json", [customer({ id: "100777" })]);
  await page.getByRole("button", { name: "Start a run of customers" }).click();
  await page.getByLabel("First partition").fill("yesterday");
  await page.getByRole("button", { name: "Start the run" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("First partition").fill("2022-03-01");
  await page.getByLabel("Last partition").fill("2022-03-02");
  await page.getByRole("button", { name: "Start the run" }).click();
  await page.getByText("for 2022-03-01 to 2022-03-02").waitFor();
  await page.getByText("1 read, 1 loaded, 0 rejected").waitFor();
});

it("names what needs somebody, with the page where it can be done", async () => {
  await world.pool.query(
    `insert into ledger.runs (job, kind, trigger, state, finished_at, error_code, error_message, failed_stage, failed_at)
     values ('products', 'files', 'api', 'failed', clock_timestamp(), 'storage_full', 'The disk is full.', 'extract', clock_timestamp())`,
  );
  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: /1 run has failed/ }).click();
  await page.getByRole("table", { name: "Runs" }).getByText("failed").waitFor();
  expect(new URL(page.url()).search).toBe("?state=failed&job=products");
});
