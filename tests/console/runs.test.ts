import { startBrowser, type TestBrowser, untilLoaded } from "@lethe/test-kit/browser";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { openByApi, runByApi } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type RunningService, type World } from "@lethe/test-kit/world";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

let world: World;
let browser: TestBrowser;
let address: string;
let page: Page;
let nextHour = 0;
beforeAll(async () => {
  const settings = { ...NO_THRESHOLDS, LETHE_MAX_PAGE: "3", LETHE_RATE_LIMIT: "0" };
  [world, browser] = await Promise.all([openWorld({ settings }), startBrowser()]);
  address = world.apiAddress();
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  for (const job of ["customers", "products", "customers", "products", "customers"] as const)
    await runByApi(world, job);
});
afterAll(async () => {
  await world.close();
  await browser.close();
});
beforeEach(async () => {
  page = await browser.open(address);
  await untilLoaded(page);
});
afterEach(() => page.context().close());

const table = () => page.getByRole("table", { name: "Runs" });
const rows = () => table().getByRole("row");

describe("the list of runs", () => {
  it("keeps its filters and its place in the address, which leads to the same view again", async () => {
    await page.goto(`${address}/console/runs`);
    await untilLoaded(page);
    await page.getByLabel("Job").selectOption("customers");
    await expect.poll(() => new URL(page.url()).search).toBe("?job=customers");
    await expect.poll(() => table().getByRole("link", { name: "products" }).count()).toBe(0);
    await page.getByLabel("Job").selectOption("");
    await page.getByRole("button", { name: "Older" }).click();
    await expect.poll(() => page.url()).toContain("before=");
    await page.getByRole("button", { name: "Newest" }).waitFor();
    await expect.poll(() => rows().count()).toBe(3);
    const second = await idsIn(page);
    const copy = await browser.open(page.url());
    await untilLoaded(copy);
    expect(await idsIn(copy)).toEqual(second);
    await copy.context().close();
    await page.goBack();
    await expect.poll(() => rows().count()).toBe(4);
  });

  it("finds a run by what its id begins with, and explains what is no beginning of one", async () => {
    const { id } = await runByApi(world, "products");
    await page.goto(`${address}/console/runs`);
    const search = page.getByLabel("Run", { exact: true });
    await search.fill(id.slice(0, 8));
    await search.press("Enter");
    await expect.poll(() => rows().count()).toBe(2);
    await search.fill("zz");
    await search.press("Enter");
    await page.getByRole("alert").getByText("input_invalid").waitFor();
  });
});

describe("a run at work", () => {
  let loader: RunningService | undefined;
  let runId: string;
  beforeEach(async () => {
    loader = [...world.running].find(({ name }) => name === "loader");
    if (loader !== undefined) await world.stop(loader);
    const hour = String(nextHour++).padStart(2, "0");
    await landRecords(world, `date=2022-04-01/hour=${hour}/transactions.json`, [
      transaction(1_000 + nextHour),
      transaction(2_000 + nextHour, { customer_id: "999999" }),
    ]);
    runId = await openByApi(world, "transactions");
    await page.goto(`${address}/console/runs/${runId}`);
    await page.getByRole("progressbar").waitFor();
  });
  afterEach(async () => {
    if (![...world.running].some(({ name }) => name === "loader")) await world.start("loader");
  });

  it("is followed to its end without being asked for again", async () => {
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await page.getByText("0 of 1").first().waitFor();
    await world.start("loader");
    await page.getByText("2 read, 1 loaded, 1 rejected").waitFor();
    await untilState("succeeded");
    expect(asked.filter((path) => path === `/runs/${runId}`)).toEqual([]);
    await page.getByText("unknown customer: 1").click();
    await page.getByRole("link", { name: /transactions.*\.json:2/ }).waitFor();
  });

  it("is asked for where its events do not come, and still seen to its end", async () => {
    await page.route("**/events", (route) => route.fulfill({ status: 503, body: "{}" }));
    await page.reload();
    await page.getByText("The run is not followed live at the moment.").waitFor();
    await world.start("loader");
    await untilState("succeeded");
  });

  it("is cancelled, retried, and its rejects are replayed", async () => {
    await page.getByRole("button", { name: "Cancel the run" }).click();
    await untilState("cancelled");
    await page.getByRole("button", { name: "Retry the run" }).click();
    await page.getByRole("progressbar").waitFor();
    await world.start("loader");
    await untilState("succeeded");
    await page.getByRole("button", { name: "Replay its rejects" }).click();
    await page.getByRole("heading", { name: /^transactions: .*replay/ }).waitFor();
    await untilState("succeeded");
  });
});

/** Returns what the ids of the listed runs begin with, in their order. */
function idsIn(list: Page): Promise<string[]> {
  return list.getByRole("table", { name: "Runs" }).locator(".mono").allTextContents();
}

/** Waits until the page shows a run in this state. */
function untilState(state: string): Promise<void> {
  return page.locator(".state", { hasText: state }).first().waitFor();
}
