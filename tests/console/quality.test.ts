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
import { openWorld, type World } from "@lethe/test-kit/world";
import { closeAlert, openAlert } from "@lethe/warehouse/quality/alerts";
import { type NewResult, writeResults } from "@lethe/warehouse/quality/check-results";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const HOURS = 24 * 12;
const HOUR_MS = 3_600_000;
/** The last whole hour but one. */
const LAST = Math.floor(Date.now() / HOUR_MS) - 2;

let world: World;
let browser: TestBrowser;
let address: string;
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ services: ["scheduler"] }), startBrowser()]);
  address = [...world.running][0]?.address ?? "";
  const hours = Array.from({ length: HOURS }, (_, i) => LAST - i);
  const partitions = hours.map((hour) => {
    const name = new Date(hour * HOUR_MS).toISOString();
    return { date: name.slice(0, 10), hour: Number(name.slice(11, 13)) };
  });
  await world.pool.query(
    `insert into ledger.partition_stats (dataset, partition_date, partition_hour, files, bytes, records_in, records_loaded,
       records_rejected, duplicates, late_references, faults, faults_of, nulls, missing, first_arrived_at, counted_at, judged_at)
     select 'customers', date, hour, 1, 1000, 100 + 10 * hour, 95 + 10 * hour, 5, 0, 0, 5, '{}', '{}', '{"id": 2}',
            (date + make_interval(hours => hour + 1)) at time zone 'UTC' + interval '10 minutes', now(), now()
     from unnest($1::date[], $2::smallint[]) as p (date, hour)`,
    [partitions.map(({ date }) => date), partitions.map(({ hour }) => hour)],
  );
  const results = partitions.map((partition, i): NewResult => {
    const rows = 100 + 10 * partition.hour;
    return {
      ...{ partition, check: "rowCount", metric: "rowCount", property: null, unit: "rows", value: rows, learnt: true },
      ...{ condition: `must be from 60 to ${rows - (i === 3 ? 5 : -50)}`, least: 60, most: rows - (i === 3 ? 5 : -50) },
      passed: i !== 3,
    };
  });
  await writeResults(world.pool, "customers", partitions, results, new Date());
  const alert = {
    dataset: "customers",
    kind: "quality",
    partition: new Date((LAST - 3) * HOUR_MS).toISOString().slice(0, 13),
  } as const;
  await openAlert(world.pool, { ...alert, cause: "rowCount", message: "Too many rows came." }, new Date());
  const closed = await openAlert(world.pool, { ...alert, cause: "email", message: "Emails were missing." }, new Date());
  await closeAlert(world.pool, closed, "recovered", new Date());
  await world.pool.query("update ledger.alerts set opening_told_at = now(), closing_told_at = now() where id = $1", [
    closed,
  ]);
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

async function openQuality(path = "", options: Parameters<TestBrowser["open"]>[1] = {}): Promise<Page> {
  const page = await browser.open(`${address}/console/quality?dataset=customers${path}`, options);
  await page.getByRole("img", { name: /^Records that came\./ }).waitFor();
  await page.getByRole("img", { name: /^Hours from the end/ }).waitFor();
  await page.getByRole("region", { name: "Results of checks" }).getByRole("row").first().waitFor();
  return page;
}

const alertsOf = (page: Page) => page.getByRole("region", { name: "Alerts" }).first().locator("tbody tr");

describe("the charts", () => {
  it("show volume, rejects, missing values and delay, and say the same in words", async () => {
    const page = await openQuality();
    const names = await page
      .getByRole("img")
      .evaluateAll((charts) => charts.map((chart) => chart.getAttribute("aria-label")));
    expect(names).toEqual([
      expect.stringMatching(/^Records that came\. From .*: 100 to 330, .* 1 of 288 hours do not pass\.$/),
      expect.stringMatching(/^Share of records that were rejected\. .* not checked yet\.$/),
      expect.stringMatching(/^Share of records without id\. /),
      expect.stringMatching(/^Hours from the end .*: 0\.17 h to 0\.17 h, 0\.17 h last/),
    ]);
    expect(await page.locator(".chart canvas").count()).toBe(4);
    await page.getByLabel("Field of the missing values").selectOption("email");
    await page.getByRole("img", { name: /^Share of records without email\./ }).waitFor();
    expect(new URL(page.url()).searchParams.get("field")).toBe("email");
    await page.context().close();
  });

  it("have their newest figures as a table, with the bounds", async () => {
    const page = await openQuality();
    const panel = page.getByRole("region", { name: "Records that came", exact: true }).first();
    await panel.getByText("The newest 100 figures as a table").click();
    const failed = panel.getByRole("row", { name: /does not pass/ });
    expect(await failed.count()).toBe(1);
    await failed.getByRole("link").click();
    await page.getByRole("heading", { name: "Partitions" }).waitFor();
    await page.context().close();
  });

  it("show the time that is asked for", async () => {
    const page = await openQuality("&days=7");
    const name = await page.getByRole("img", { name: /^Records that came\./ }).getAttribute("aria-label");
    expect(name).toMatch(/of 1\d\d hours/);
    await page.context().close();
  });
});

describe("the results of checks", () => {
  it("are listed by page and outcome", async () => {
    const page = await openQuality();
    const panel = page.getByRole("region", { name: "Results of checks" }).first();
    const rows = panel.locator("tbody tr");
    expect(await rows.count()).toBe(50);
    await panel.getByRole("button", { name: "Older" }).click();
    await panel.getByRole("button", { name: "Newest" }).waitFor();
    await panel.getByLabel("Outcome").selectOption("failed");
    await expect.poll(() => rows.count()).toBe(1);
    expect(await rows.first().textContent()).toContain("must be from 60 to");
    await page.context().close();
  });
});

describe("alerts", () => {
  it("say whether they were sent, and are dismissed in somebody's name", async () => {
    const page = await openQuality();
    await expect.poll(() => alertsOf(page).count()).toBe(1);
    expect(await alertsOf(page).first().textContent()).toMatch(/open.*Too many rows came\..*no/);
    await page.getByRole("button", { name: "Dismiss the alert rowCount" }).click();
    await page.getByText("There is no such alert.").waitFor();
    await page.getByLabel("Which alerts").selectOption("all");
    await expect.poll(() => alertsOf(page).count()).toBe(2);
    const texts = (await alertsOf(page).allTextContents()).join("\n");
    expect(texts).toMatch(/dismissed by .*Too many rows came\./);
    expect(texts).toMatch(/recovered.*Emails were missing\..*opening .*end /);
    await page.context().close();
  });
});

describe.each(THEMES)("in the %s theme", (theme) => {
  it.each(Object.keys(SIZES) as Size[])("axe finds nothing serious in a %s window", async (size) => {
    const page = await openQuality("&alerts=all", { size, theme });
    await expect.poll(() => alertsOf(page).count()).toBe(2);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    await takePicture(page, `quality-${theme}-${size}`);
    await page.context().close();
  });
});
