import {
  overflowOf,
  SIZES,
  seriousFindings,
  startBrowser,
  type TestBrowser,
  THEMES,
  untilLoaded,
} from "@lethe/test-kit/browser";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product, transaction } from "@lethe/test-kit/records";
import { runByApi } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let world: World;
let browser: TestBrowser;
let address: string;
/** A page of each address of the navigation, and of one run. */
let pages: readonly (readonly [name: string, path: string])[];

beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ settings: NO_THRESHOLDS }), startBrowser()]);
  address = world.apiAddress();
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [customer()]);
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-03-01/hour=01/transactions.json", [
    transaction(1),
    transaction(2, { customer_id: "999999" }),
  ]);
  const runs = [];
  for (const job of ["customers", "products", "transactions"] as const) runs.push(await runByApi(world, job));
  const page = await browser.open(address);
  const links = await page.getByRole("navigation", { name: "Pages" }).getByRole("link").all();
  const found = [];
  for (const link of links)
    found.push([(await link.textContent()) ?? "", (await link.getAttribute("href")) ?? ""] as const);
  pages = [...found, ["Run", `/console/runs/${runs.at(-1)?.id}`]];
  await page.context().close();
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

it("has Tab lead to the link that skips the navigation, and a change of page to its title", async () => {
  const page = await browser.open(address);
  await untilLoaded(page);
  await page.keyboard.press("Tab");
  const focused = () => page.evaluate<string>("document.activeElement.textContent");
  expect(await focused()).toBe("Skip to the content");
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Runs" }).click();
  await page.getByRole("heading", { level: 1, name: "Runs" }).waitFor();
  await expect.poll(focused).toBe("Runs");
  await page.context().close();
});

describe.each(THEMES)("in the %s theme", (theme) => {
  describe.each(Object.keys(SIZES) as (keyof typeof SIZES)[])("in a %s window", (size) => {
    it("every page has nothing serious that axe finds, and none scrolls sideways", async () => {
      const page = await browser.open(address, { size, theme });
      for (const [name, path] of pages) {
        await page.goto(address + path);
        await untilLoaded(page);
        expect([name, await page.getByRole("alert").allTextContents()]).toEqual([name, []]);
        expect([name, await seriousFindings(page)]).toEqual([name, []]);
        expect([name, await overflowOf(page)]).toEqual([name, 0]);
      }
      await page.context().close();
    });
  });
});
