import { createPool } from "@lethe/warehouse/pool";
import { afterAll, describe, expect, it } from "vitest";
import { createTokenCheck, shownToken } from "./access-token.js";

// Nothing listens there: a token that had to be looked up would be an error.
const nowhere = createPool("postgres://127.0.0.1:1/none", 1, "access-token-test");
afterAll(() => nowhere.end());

/** Creates a check that looks up what has to be looked up. */
function createCheck(token: string) {
  const identify = createTokenCheck(token, nowhere, 5_000);
  return async (header: string) => {
    const shown = shownToken(header);
    if (shown === undefined) return undefined;
    const identity = identify(shown);
    return "found" in identity ? identity.found : identity.lookUp();
  };
}

const identify = createCheck("a:token.with/more");
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const ADMIN = { name: "LETHE_API_TOKEN", role: "admin" };

describe("the token of the settings", () => {
  it.each([
    basic("anyone:a:token.with/more"),
    basic(":a:token.with/more"),
    basic("me:a:token.with/more").replace("Basic", "bASIC"),
  ])("is an admin's, without asking the database: %s", async (header) => expect(await identify(header)).toEqual(ADMIN));

  it("is taken as it is as Bearer", async () => {
    const check = createCheck("0123456789abcdef");
    expect(await check("Bearer 0123456789abcdef")).toEqual(ADMIN);
    expect(await check("bearer 0123456789abcdef")).toEqual(ADMIN);
    expect(await check("Bearer 0123456789abcde")).toBeUndefined();
    expect(await check("Bearer 0123456789abcdef0")).toBeUndefined();
    expect(await check("0123456789abcdef")).toBeUndefined();
    expect(await check("Token 0123456789abcdef")).toBeUndefined();
  });

  it.each([
    "",
    " ",
    "Bearer  ",
    "Bearer \t",
    "Basic  ",
    "Basic",
    "Basic ",
    "Bearer",
    "Basic !!!",
    `${basic("me:a:token.with/more")}!`,
    basic("a"),
    basic("a:"),
    basic("a:  "),
    basic("a:token.with/more"),
  ])("is not %s", async (header) => expect(await identify(header)).toBeUndefined());
});

describe("a token that is spelt as none can be", () => {
  it.each([
    "one with blanks",
    "one\twith a tab",
    "schlüssel-eines-admins",
    "0123456789abcdef\u00a0",
    "wide\u3000space",
  ])("opens no door, even where the setting has it: %j", async (token) => {
    const check = createCheck(token);
    expect(await check(basic(`me:${token}`))).toBeUndefined();
    expect(await check(`Bearer ${token}`)).toBeUndefined();
  });
});

describe("a named token", () => {
  it("is looked up, so that it can be revoked", async () => {
    await expect(identify(`Bearer lethe_0123456789abcdef_${"A".repeat(43)}`)).rejects.toThrow();
  });
});
