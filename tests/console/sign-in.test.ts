import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
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
import { startProvider } from "@lethe/test-kit/open-id-provider";
import { openWorld, type World } from "@lethe/test-kit/world";
import { createApiToken, revokeApiToken } from "@lethe/warehouse/access/api-tokens";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const TOKEN = "a-token-of-some-length";

let world: World;
let browser: TestBrowser;
let address: string;
let viewer: string;
beforeAll(async () => {
  [world, browser] = await Promise.all([openWorld({ services: [] }), startBrowser()]);
  const scheduler = await world.start("scheduler", { LETHE_API_TOKEN: TOKEN, LETHE_RATE_LIMIT: "0" });
  address = scheduler.address ?? "";
  viewer = await createApiToken(world.pool, "a-viewer", "viewer");
});
afterAll(async () => {
  await world.close();
  await browser.close();
});

async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("API token").fill(token);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

const isAt = (page: Page, title: string) => page.getByRole("heading", { level: 1, name: title }).waitFor();

describe("with a token", () => {
  it("shows the page that the address names, who one is, and signs out", async () => {
    const page = await browser.open(`${address}/console/quarantine?status=open`);
    await isAt(page, "Sign in");
    await signIn(page, viewer);
    await isAt(page, "Quarantine");
    expect(new URL(page.url()).search).toBe("?status=open");
    expect(await page.getByRole("banner").textContent()).toContain("a-viewer (viewer)");
    await page.reload();
    await isAt(page, "Quarantine");
    await page.getByRole("button", { name: "Sign out" }).click();
    await isAt(page, "Sign in");
    await page.reload();
    await isAt(page, "Sign in");
    expect(await page.context().cookies()).toEqual([]);
    await page.context().close();
  });

  it("is held where no script can read it", async () => {
    const page = await browser.open(address);
    await signIn(page, viewer);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(await page.evaluate("document.cookie")).toBe("");
    const kept = await page.evaluate<string>("JSON.stringify([{ ...localStorage }, { ...sessionStorage }])");
    expect(kept).not.toContain(viewer);
    expect(await page.content()).not.toContain(viewer);
    expect(await page.context().cookies()).toEqual([
      expect.objectContaining({ name: "lethe_session", httpOnly: true, sameSite: "Strict", secure: false }),
    ]);
    await page.context().close();
  });

  it("says what is wrong with another, and takes the right one then", async () => {
    const page = await browser.open(address);
    await signIn(page, "a-wrong-token-of-some-length");
    await page.getByRole("alert").getByText("token_wrong").waitFor();
    await signIn(page, "two words");
    await page.getByRole("alert").getByText("input_invalid").waitFor();
    await signIn(page, ` ${viewer} `);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await page.context().close();
  });

  it("is not looked at after too many wrong ones, which the page says, with a way to try again", async () => {
    const strict = await world.start("scheduler", { LETHE_API_TOKEN: TOKEN, LETHE_TOKEN_TRIES: "1" });
    const page = await browser.open(strict.address ?? "");
    await signIn(page, "a-wrong-token-of-some-length");
    await page.getByRole("alert").getByText("token_wrong").waitFor();
    await signIn(page, viewer);
    await page.getByRole("alert").getByText("rate_limited").waitFor();
    await page.context().addCookies([{ name: "lethe_session", value: "wrong", url: strict.address ?? "" }]);
    await page.reload();
    await isAt(page, "Lethe lets nobody in from here");
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await page.context().close();
    await world.stop(strict);
  });

  it("is in no vain where another port's page has planted a cookie: the page says so, and signing in removes it", async () => {
    const page = await browser.open(address);
    const host = new URL(address).hostname;
    const planted = [
      { name: "lethe_session", value: "planted", domain: host, path: "/session" },
      { name: "lethe_session", value: "stale", domain: host, path: "/" },
    ];
    await page.context().addCookies(planted);
    await page.reload();
    await page.getByRole("alert").getByText("two_cookies").waitFor();
    await signIn(page, viewer);
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    await page.context().close();
  });

  it("is asked for anew when it is revoked", async () => {
    const page = await browser.open(`${address}/console/quarantine`);
    await signIn(page, await createApiToken(world.pool, "for-a-while", "admin"));
    await isAt(page, "Quarantine");
    await revokeApiToken(world.pool, "for-a-while");
    await page.getByLabel("Status").selectOption("discarded");
    await isAt(page, "Sign in");
    await page.context().close();
  });
});

describe.each(THEMES)("in the %s theme", (theme) => {
  it.each(Object.keys(SIZES) as Size[])("the page is in order in a %s window", async (size) => {
    const page = await browser.open(`${address}/?sign-in=role_missing`, { size, theme });
    await page.getByRole("alert").getByText("role_missing").waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(await overflowOf(page)).toBe(0);
    await takePicture(page, `sign-in-${theme}-${size}`);
    await page.context().close();
  });
});

it("on loopback without a token the console works at once, and there is nothing to sign out of", async () => {
  const open = await world.start("scheduler");
  const page = await browser.open(`${open.address}/console/quarantine`);
  await isAt(page, "Quarantine");
  expect(await page.getByRole("banner").textContent()).toContain("local (admin)");
  expect(await page.getByRole("button", { name: "Sign out" }).count()).toBe(0);
  await page.context().close();
  await world.stop(open);
});

describe("by OpenID Connect", () => {
  it("leads to the provider on another site and back to the page that was open, or says why not", async () => {
    const provider = await startProvider("localhost");
    provider.misbehave({ claims: { roles: ["support"] } });
    const port = await freePort();
    const scheduler = await world.start("scheduler", {
      LETHE_PORT: String(port),
      LETHE_API_TOKEN: TOKEN,
      LETHE_RATE_LIMIT: "0",
      LETHE_OIDC_ISSUER: provider.issuer,
      LETHE_OIDC_CLIENT_ID: provider.clientId,
      LETHE_OIDC_CLIENT_SECRET: provider.clientSecret,
      LETHE_OIDC_REDIRECT_URL: `http://127.0.0.1:${port}`,
      LETHE_OIDC_ROLES: "support=privacy-officer",
      LETHE_OIDC_NAME: "Example accounts",
      LETHE_SESSION_KEY: "5e".repeat(32),
    });
    const page = await browser.open(`${scheduler.address}/console/quarantine?status=open`, { mayAsk: provider.issuer });
    const button = page.getByRole("button", { name: "Sign in with Example accounts" });
    await button.click();
    await isAt(page, "Quarantine");
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe("/console/quarantine?status=open");
    expect(await page.getByRole("banner").textContent()).toMatch(/oidc:[0-9a-f]{16} \(privacy-officer\)/);
    await page.getByRole("button", { name: "Sign out" }).click();
    provider.misbehave({ claims: { roles: ["nobody"] } });
    await button.click();
    await page.getByRole("alert").getByText("role_missing").waitFor();
    provider.misbehave({ claims: { roles: ["support"] } });
    await button.click();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(page.url()).not.toContain("sign-in");
    await page.context().close();
    await world.stop(scheduler);
    await provider.stop();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
