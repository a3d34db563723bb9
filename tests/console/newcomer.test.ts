import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser, type TestBrowser, takePicture, untilLoaded } from "@lethe/test-kit/browser";
import { fromRepository } from "@lethe/test-kit/repository";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

// What somebody does who has just cloned Lethe: start it, open the printed address, start a run, look at a reject, erase a person, and
// read the receipt. `lethe up` is all of `npm start` but its build, with PostgreSQL and Redis of its own.

/** A customer of the sample input, who has sales there. */
const PERSON = { id: "652587", email: "sinead.taylor1@example.org" } as const;
/** How long one step may take on a machine that does other things besides. */
const PATIENCE_MS = 60_000;
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

let folder: string;
let lethe: ChildProcess;
let browser: TestBrowser;
let page: Page;
let address: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-newcomer-"));
  const started = startLethe();
  browser = await startBrowser();
  address = await started;
  page = await browser.open(address);
  page.setDefaultTimeout(PATIENCE_MS);
});
afterAll(async () => {
  await browser.close();
  lethe.kill("SIGINT");
  if (lethe.exitCode === null) await once(lethe, "exit");
  await rm(folder, { recursive: true });
});

/** Starts Lethe on the sample input, and returns the address that it prints for the console. */
async function startLethe(): Promise<string> {
  lethe = spawn(process.execPath, [fromRepository("packages/cli/bundle/main.js"), "up", "--port", "0"], {
    env: {
      PATH: process.env.PATH ?? "",
      DATA_DIR: join(folder, "data"),
      RAW_DATA_DIR: fromRepository("raw_data"),
      LETHE_SETTLE_SECONDS: "0",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  return new Promise((resolve, reject) => {
    for (const output of [lethe.stdout, lethe.stderr]) {
      output?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const [, printed] = /^Open the console +(\S+)$/m.exec(said) ?? [];
        if (printed !== undefined && said.includes("Lethe is up")) resolve(printed);
      });
    }
    void once(lethe, "exit").then(() => reject(new Error(said)));
  });
}

/** Opens a page by its link in the navigation. */
async function open(name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
  await untilLoaded(page);
}

it("shows what the start has loaded", async () => {
  const transactions = page.getByRole("region", { name: "transactions", exact: true });
  await transactions.getByText("975 loaded").waitFor();
  await takePicture(page, "overview");
});

it("starts a run, after a dry run, and watches it finish", async () => {
  const hour = join(folder, "data/landing/date=2020-01-04/hour=00");
  await mkdir(hour, { recursive: true });
  const products = [
    { sku: 900_001, name: "Garden chair", price: "19.90", category: "garden", popularity: 0.5 },
    { sku: 900_002, name: null, price: "5.00", category: "garden", popularity: 0.5 },
  ];
  await writeFile(join(hour, "products.json"), products.map((product) => `${JSON.stringify(product)}\n`).join(""));

  await page.getByRole("button", { name: "Start a run of products" }).click();
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText(/1 new file .*; none seen before/).waitFor();
  await page.getByRole("button", { name: "Start the run" }).click();
  await page.getByRole("heading", { name: "products: run of new files" }).waitFor();
  await page.getByText("2 read, 1 loaded, 1 rejected").waitFor();
  await page
    .getByText(/succeeded/)
    .first()
    .waitFor();
  await takePicture(page, "run");
});

it("opens the record that the run rejected", async () => {
  await page.getByText("schema: 1").click();
  await page.getByRole("link", { name: /products.*\.json:2/ }).click();
  await page.getByText("Garden").or(page.getByText("null")).first().waitFor();
  await takePicture(page, "record");
  await open("Quarantine");
  await takePicture(page, "quarantine");
});

it("erases a person, after a look at what that reaches, and reads the receipt", async () => {
  await open("Privacy");
  await page.getByRole("link", { name: "A person" }).click();
  await page.getByLabel("Customer id").fill(PERSON.id);
  await page.getByLabel("Email").fill(PERSON.email);
  await page.getByRole("button", { name: "Plan" }).click();
  await page.getByText("The email is the customer’s: a request is carried out.").waitFor();
  await takePicture(page, "erasure-plan");
  await page.getByRole("button", { name: "Erase this person …" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("An erasure cannot be undone.").waitFor();
  expect(await dialog.getByRole("button", { name: "Erase this person" }).isDisabled()).toBe(true);
  await dialog.getByLabel("Type the customer id again to confirm").fill(PERSON.id);
  await takePicture(page, "erasure-dialog");
  await dialog.getByRole("button", { name: "Erase this person" }).click();
  await page.getByRole("link", { name: "follow the run" }).click();
  await page.getByText("succeeded").first().waitFor();

  await open("Privacy");
  await page.getByRole("link", { name: "Erasures and receipts" }).click();
  await page.getByRole("table", { name: "Erasures" }).getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: /^Receipt No\. \d+$/ }).waitFor();
  await page.getByText(/The closing scan had 0 findings/).waitFor();
  await page.getByRole("button", { name: "Verify now" }).click();
  await page.getByText("No trace found in what could be searched.").waitFor();
  await takePicture(page, "receipt");
  expect(await page.content()).not.toContain(PERSON.email);
});

it("finds nothing of the person any more", async () => {
  await page.getByRole("link", { name: "A person" }).click();
  await page.getByLabel("Customer id").fill(PERSON.id);
  await page.getByLabel("Email").fill(PERSON.email);
  await page.getByRole("button", { name: "Plan" }).click();
  await page.getByText("No record is kept of this person.").waitFor();
});

it("shows every other page of what has happened", async () => {
  for (const name of ["Runs", "Partitions", "Quality", "Lineage", "Health"]) {
    await open(name);
    expect(await page.getByRole("alert").allTextContents()).toEqual([]);
    await takePicture(page, name.toLowerCase());
  }
});
