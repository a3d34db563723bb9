import { readFile } from "node:fs/promises";
import type { Role } from "@lethe/contracts/roles";
import type { Run } from "@lethe/contracts/runs";
import {
  overflowOf,
  SIZES,
  type Size,
  seriousFindings,
  startBrowser,
  type TestBrowser,
  THEMES,
  takePicture,
  untilLoaded,
} from "@lethe/test-kit/browser";
import { landRecords } from "@lethe/test-kit/landing";
import { customer, product } from "@lethe/test-kit/records";
import { runByApi, settle, untilClosed } from "@lethe/test-kit/runs";
import { NO_THRESHOLDS, openWorld, type World } from "@lethe/test-kit/world";
import { createApiToken } from "@lethe/warehouse/access/api-tokens";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const IDA = { id: "013000", email: "ida.forget@example.org", first_name: "Ida", last_name: "Forgetson" };
const BEA = { id: "000777", email: "bea.stays@example.org", first_name: "Bea", last_name: "Stayer" };
const CAT = { id: "000778", email: "cat.wrong@example.org", first_name: "Cat", last_name: "Wronger" };
const DAN = { id: "000779", email: "dan.held@example.org", first_name: "Dan", last_name: "Holder" };
const PERSONAL = [IDA, BEA, CAT, DAN].flatMap(({ id, email, last_name }) => [id, email, last_name]);

let world: World;
let browser: TestBrowser;
let address: string;
const tokens = new Map<Role, string>();
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ settings: NO_THRESHOLDS }), startBrowser()]);
  await landRecords(world, "date=2022-03-01/hour=00/customers.json", [IDA, BEA, CAT, DAN].map(customer));
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  for (const job of ["customers", "products"] as const) await runByApi(world, job);
  const scheduler = await world.start("scheduler", {
    ...{ LETHE_API_TOKEN: "a-token-of-some-length", LETHE_RATE_LIMIT: "0", LETHE_FOUR_EYES: "true" },
  });
  address = scheduler.address ?? "";
  for (const role of ["viewer", "operator", "privacy-officer", "admin"] as const) {
    tokens.set(role, await createApiToken(world.pool, `a-${role}`, role));
  }
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

/** Opens a page of the console as somebody of this role. Personal data in an address or a title fails the test that closes it. */
async function openAs(role: Role, path: string, options: Parameters<TestBrowser["open"]>[1] = {}): Promise<Page> {
  const page = await browser.open(address + path, options);
  await page.getByLabel("API token").fill(tokens.get(role) ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  await untilLoaded(page);
  return page;
}

/** Closes a page, and requires that neither its address nor its title shows personal data. */
async function close(page: Page): Promise<void> {
  const shown = `${page.url()} ${await page.title()} ${await page.evaluate<string>("JSON.stringify(localStorage)")}`;
  for (const value of PERSONAL) expect(shown).not.toContain(value);
  await page.context().close();
}

async function go(page: Page, path: string): Promise<void> {
  await page.goto(address + path);
  await untilLoaded(page);
}

/** Hands in a request by the API and waits for what it sets off. */
async function ask(customerId: string, email: string): Promise<void> {
  const { status, body } = await world.api("POST", "/erasures", { customerId, email });
  expect(status, JSON.stringify(body)).toBe(202);
  await untilClosed(world, (body as { run: Run }).run.id);
  await settle(world);
}

async function newestRequest(): Promise<number> {
  const { rows } = await world.pool.query<{ id: number }>(
    "select max(id) as id from ledger.quarantine where reason = 'identity_mismatch'",
  );
  return rows[0]?.id ?? 0;
}

async function fillClaim(page: Page, { id, email }: { readonly id: string; readonly email: string }): Promise<void> {
  await page.getByLabel("Customer id").fill(id);
  await page.getByLabel("Email").fill(email);
}

async function giveReason(page: Page, reason: string, button: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Reason").fill(reason);
  await dialog.getByRole("button", { name: button, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
}

const actsOf = async (act: string) =>
  (await world.pool.query<{ by: string }>("select acted_by as by from privacy.acts where act = $1", [act])).rows;

describe("the page of health", () => {
  it("shows what the doctor finds, the services, queues, keys and, to an admin, tokens", async () => {
    const page = await openAs("admin", "/console/health");
    const services = page.getByRole("region", { name: "Services" }).first();
    for (const name of ["scheduler", "extractor", "transformer", "loader"]) {
      await services
        .getByRole("row", { name: new RegExp(`^${name} .*ready`) })
        .first()
        .waitFor();
    }
    await page.getByText("The scheduler is ready").waitFor();
    // The test servers are without safety against a crash.
    const doctor = page.getByRole("region", { name: "Checks" }).first();
    await doctor.getByText("database_not_durable").first().waitFor();
    await doctor.getByText("alter system set").first().waitFor();
    await page.getByRole("row", { name: /^extract / }).waitFor();
    await page
      .getByRole("row", { name: /in use/ })
      .first()
      .waitFor();
    await page.getByRole("row", { name: /a-viewer viewer/ }).waitFor();
    const text = await page.locator("main").textContent();
    for (const token of tokens.values()) expect(text).not.toContain(token.slice(23));
    await page.getByRole("link", { name: "Bull Board" }).click();
    await page.waitForURL(/\/queues/);
    await close(page);
  });

  it("shows nobody but an admin the tokens", async () => {
    const page = await openAs("privacy-officer", "/console/health");
    await page.getByRole("heading", { name: "Keys", exact: true }).waitFor();
    expect(await page.getByText("API tokens").count()).toBe(0);
    await close(page);
  });

  it("lists work that has failed for good, which an operator has tried again", async () => {
    const runId = await openRun(world.pool, { job: "products", kind: "files", trigger: "cli" });
    await failRun(world.pool, runId, "extract", "staged_object_damaged", "it is short");
    const viewer = await openAs("viewer", "/console/health");
    await viewer.getByRole("row", { name: /^products .* staged_object_damaged/ }).waitFor();
    expect(await viewer.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await close(viewer);
    const page = await openAs("operator", "/console/health");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.waitForURL(/\/console\/runs\//);
    await settle(world);
    await go(page, "/console/health");
    await page.getByText("Nothing has failed for good.").waitFor();
    await close(page);
  });

  it("names a service that has ended, and one that is missing", async () => {
    const loader = [...world.running].find(({ name }) => name === "loader");
    if (loader === undefined) throw new Error("no loader runs");
    await world.stop(loader);
    const page = await openAs("viewer", "/console/health");
    const services = page.getByRole("region", { name: "Services" }).first();
    await services.getByRole("row", { name: /^loader .*missing/ }).waitFor();
    await world.start("loader");
    await services.getByRole("row", { name: /^loader .*ready/ }).waitFor({ timeout: 15_000 });
    await close(page);
  });
});

describe("a person who asks to be forgotten", () => {
  it("is planned, erased, and has a receipt that is found by its number, printed and verified", async () => {
    const page = await openAs("privacy-officer", "/console/privacy");
    await page.getByRole("link", { name: "Ask for an erasure" }).click();
    await fillClaim(page, IDA);
    await page.getByRole("button", { name: "Plan" }).click();
    await page.getByText("a request is carried out").waitFor();
    await page.getByRole("row", { name: "warehouse.customers 1" }).waitFor();
    expect((await world.api("GET", "/erasures")).body).toMatchObject({ erasures: [] });
    await page.getByRole("button", { name: "Erase this person …" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("An erasure cannot be undone.").waitFor();
    expect(await dialog.getByRole("button", { name: "Erase this person" }).isDisabled()).toBe(true);
    await dialog.getByLabel("Type the customer id again to confirm").fill(IDA.id);
    await takePicture(page, "erasure-dialog");
    await dialog.getByRole("button", { name: "Erase this person" }).click();
    await page.getByRole("link", { name: "follow the run" }).click();
    await page.waitForURL(/\/console\/runs\//);
    await settle(world);

    await go(page, "/console/privacy/erasures");
    await page.getByRole("row", { name: /No\. \d+ .*completed/ }).waitFor();
    const { erasures } = (await world.api("GET", "/erasures")).body as {
      erasures: { id: string; receiptNumber: number }[];
    };
    const [{ id, receiptNumber } = { id: "", receiptNumber: 0 }] = erasures;
    await page.getByLabel("Receipt No.").fill("999999");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("There is no receipt No. 999999.").waitFor();
    await page.getByLabel("Receipt No.").fill(String(receiptNumber));
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByRole("link", { name: id.slice(0, 8) }).click();

    await page.getByRole("heading", { level: 1, name: `Receipt No. ${receiptNumber}` }).waitFor();
    const [printable] = await Promise.all([
      page.context().waitForEvent("page"),
      page.getByRole("link", { name: "Printable receipt" }).click(),
    ]);
    await printable.getByRole("heading", { name: `Erasure receipt No. ${receiptNumber}` }).waitFor();
    expect(await printable.locator("script").count()).toBe(0);
    await printable.close();
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByText("No trace found in what could be searched.").waitFor();
    await takePicture(page, "receipt");
    await close(page);
  });

  it("is held up by nobody who may not ask", async () => {
    const page = await openAs("operator", "/console/privacy");
    expect(await page.getByRole("link", { name: "A person" }).count()).toBe(0);
    expect(await page.getByRole("link", { name: "Ask for an erasure" }).count()).toBe(0);
    await go(page, "/console/privacy/person");
    await page.getByText("This is for privacy officers.").waitFor();
    const status = await page.evaluate(async () => {
      const answer = await fetch("/erasures?dryRun=true", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ customerId: "013000", email: "a@b" }),
      });
      return answer.status;
    });
    expect(status).toBe(403);
    await close(page);
  });
});

describe("a request that needs a decision", () => {
  it("is compared, extended and refused with a reason; the look is recorded", async () => {
    await ask(BEA.id, CAT.email);
    const id = await newestRequest();
    const page = await openAs("privacy-officer", "/console/privacy");
    await page.getByRole("row", { name: new RegExp(`^${id} undecided .* \\(\\d+ days left\\)`) }).waitFor();
    await page.getByRole("link", { name: String(id), exact: true }).click();
    await page.getByText("This shows personal data").waitFor();
    const before = (await actsOf("viewed")).length;
    await page.getByRole("button", { name: "Show both sides" }).click();
    const sides = page.getByRole("region", { name: "Both sides" });
    await sides.getByRole("row", { name: `Email ${CAT.email} ${BEA.email} ${CAT.email}` }).waitFor();
    await sides.getByText("it never was that of the id").waitFor();
    expect(await actsOf("viewed")).toHaveLength(before + 1);
    expect((await actsOf("viewed")).at(-1)).toEqual({ by: "a-privacy-officer" });
    await takePicture(page, "request");

    await page.getByRole("button", { name: "Extend the term …" }).click();
    await giveReason(page, "many requests at once", "Extend");
    await page.getByText("(extended)").waitFor();
    await page.getByRole("button", { name: "Refuse …" }).click();
    await giveReason(page, "case 12: not the customer", "Refuse");
    await page.getByText("Tell its sender why").waitFor();
    await page.locator(".state", { hasText: "refused" }).waitFor();
    expect(await page.getByRole("button", { name: "Approve …" }).count()).toBe(0);
    await close(page);
  });

  it("needs two people where four eyes are set, and a viewer sees what matches, masked", async () => {
    await ask(CAT.id, BEA.email);
    const id = await newestRequest();
    const viewer = await openAs("viewer", `/console/privacy/requests/${id}`);
    await viewer.getByRole("region", { name: "Both sides" }).getByText("it never was that of the id").waitFor();
    await viewer.getByText("Values are masked").waitFor();
    const text = await viewer.locator("main").textContent();
    for (const value of PERSONAL) expect(text).not.toContain(value);
    for (const button of ["Approve …", "Refuse …", "Extend the term …"]) {
      expect(await viewer.getByRole("button", { name: button }).count()).toBe(0);
    }
    await close(viewer);

    const officer = await openAs("privacy-officer", `/console/privacy/requests/${id}`);
    await officer.getByRole("button", { name: "Approve …" }).click();
    const dialog = officer.getByRole("dialog");
    await dialog.getByLabel("Whose data goes").selectOption("id");
    await dialog.getByRole("button", { name: "Approve", exact: true }).click();
    await officer.getByText("A second person must approve it, too").waitFor();
    await officer.getByText("awaiting second approval").waitFor();
    await close(officer);

    const admin = await openAs("admin", `/console/privacy/requests/${id}`);
    await admin.getByRole("button", { name: "Show both sides" }).click();
    await admin.getByText("Two people of different names must approve it.").waitFor();
    await admin.getByText("Approved by a-privacy-officer").waitFor();
    await admin.getByRole("button", { name: "Approve …" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Approve", exact: true }).click();
    await admin.getByText("It is approved").waitFor();
    await close(admin);
    await settle(world);
  });
});

describe("records that a question holds", () => {
  it("are compared with the erased person, and decided on", async () => {
    await landRecords(world, "date=2022-03-02/hour=00/customers.json", [
      customer({ ...IDA, email: "somebody.new@example.org", first_name: "Nova", last_name: "Owner" }),
    ]);
    await runByApi(world, "customers");
    const page = await openAs("privacy-officer", "/console/privacy");
    await page.getByRole("link", { name: "Versions under the id share neither email nor name." }).click();
    await page.getByRole("row", { name: /customers the same another another/ }).waitFor();
    const panel = page.getByRole("region", { name: "The id has a new owner" });
    await panel.getByRole("button", { name: "Decide so …" }).click();
    await giveReason(page, "case 13: the id was given again", "Decide");
    await page.getByText("It is decided.").waitFor();
    await close(page);
    await settle(world);
    expect((await world.api("GET", "/erasures/questions")).body).toEqual({ questions: [] });
  });
});

describe("a person who asks for their data", () => {
  it("gets it as a file, once it is clear who asks", async () => {
    const page = await openAs("privacy-officer", "/console/privacy/person");
    await fillClaim(page, { id: DAN.id, email: "not.his@example.org" });
    await page.getByRole("button", { name: "Download JSON" }).click();
    await page.getByText("identity_doubt").waitFor();
    await page.getByLabel(/I have checked the person’s identity another way/).check();
    const [json] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download JSON" }).click(),
    ]);
    expect(json.suggestedFilename()).toBe("what-is-held.json");
    expect(JSON.parse(await readFile(await json.path(), "utf8"))).toMatchObject({
      identifiers: { customerIds: [DAN.id], emails: [DAN.email] },
    });
    const [html] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download a page to read" }).click(),
    ]);
    expect(await readFile(await html.path(), "utf8")).toContain(DAN.last_name);
    expect(await actsOf("exported")).toHaveLength(2);
    await close(page);
  });

  it("has it restricted, which is listed without a name, and released", async () => {
    const page = await openAs("privacy-officer", "/console/privacy/person");
    await fillClaim(page, DAN);
    await page.getByRole("button", { name: "Restrict …" }).click();
    await giveReason(page, "case 14: the data is disputed", "Restrict");
    await page.getByText("The data is restricted.").waitFor();
    await go(page, "/console/privacy/restrictions");
    await page.getByRole("row", { name: /a-privacy-officer case 14: the data is disputed 0/ }).waitFor();
    const text = await page.locator("main").textContent();
    for (const value of PERSONAL) expect(text).not.toContain(value);
    await go(page, "/console/privacy/person");
    await fillClaim(page, DAN);
    await page.getByRole("button", { name: "Release …" }).click();
    await giveReason(page, "case 14 is settled", "Release");
    await page.getByText("The restriction is lifted.").waitFor();
    await go(page, "/console/privacy/restrictions");
    await page.getByText("Nobody’s data is restricted.").waitFor();
    await close(page);
  });
});

describe("an erasure", () => {
  it("is lifted with a reason by a privacy officer, and by nobody else", async () => {
    const { erasures } = (await world.api("GET", "/erasures?state=completed")).body as { erasures: { id: string }[] };
    const id = erasures.at(-1)?.id;
    const viewer = await openAs("viewer", `/console/privacy/erasures/${id}`);
    for (const button of ["Lift the suppression …", "Verify now"]) {
      expect(await viewer.getByRole("button", { name: button }).count()).toBe(0);
    }
    await close(viewer);
    const page = await openAs("privacy-officer", `/console/privacy/erasures/${id}`);
    await page.getByRole("button", { name: "Lift the suppression …" }).click();
    await giveReason(page, "case 15: consent", "Lift");
    await page.locator(".state", { hasText: "lifted" }).waitFor();
    expect(await page.getByRole("button", { name: "Lift the suppression …" }).count()).toBe(0);
    await close(page);
  });
});

describe.each(THEMES)("in the %s theme", (theme) => {
  describe.each(Object.keys(SIZES) as Size[])("in a %s window", (size) => {
    it("the pages have nothing serious that axe finds, and none scrolls sideways", async () => {
      const { erasures } = (await world.api("GET", "/erasures")).body as { erasures: { id: string }[] };
      const page = await openAs("admin", "/console/health", { size, theme });
      const paths = {
        health: "/console/health",
        privacy: "/console/privacy?show=all",
        request: `/console/privacy/requests/${await newestRequest()}`,
        erasures: "/console/privacy/erasures",
        receipt: `/console/privacy/erasures/${erasures[0]?.id}`,
        person: "/console/privacy/person",
        restrictions: "/console/privacy/restrictions",
        findings: "/console/privacy/findings",
        "data-map": "/console/privacy/data-map?all=yes",
      };
      for (const [name, path] of Object.entries(paths)) {
        await go(page, path);
        expect([name, await page.getByRole("alert").allTextContents()]).toEqual([name, []]);
        expect([name, await seriousFindings(page)]).toEqual([name, []]);
        expect([name, await overflowOf(page)]).toEqual([name, 0]);
        await takePicture(page, `${name}-${theme}-${size}`);
      }
      await page.context().close();
    });
  });
});

it("no log of a service holds what was typed here", async () => {
  const logs = await world.logs();
  for (const value of PERSONAL) expect(logs).not.toContain(value);
});
