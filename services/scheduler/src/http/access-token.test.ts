import { describe, expect, it } from "vitest";
import { createTokenCheck } from "./access-token.js";

const isAllowed = createTokenCheck("a:token with more");
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

describe("a token check", () => {
  it.each([
    basic("anyone:a:token with more"),
    basic(":a:token with more"),
    basic("me:a:token with more").replace("Basic", "bASIC"),
  ])("lets in %s", (header) => expect(isAllowed(header)).toBe(true));

  it("takes a bearer token as it is", () => {
    const check = createTokenCheck("0123456789abcdef");
    expect(check("Bearer 0123456789abcdef")).toBe(true);
    expect(check("bearer 0123456789abcdef")).toBe(true);
    expect(check("Bearer 0123456789abcde")).toBe(false);
    expect(check("Bearer 0123456789abcdef0")).toBe(false);
    expect(check("0123456789abcdef")).toBe(false);
    expect(check("Token 0123456789abcdef")).toBe(false);
  });

  it.each([
    undefined,
    "",
    "Basic",
    "Basic ",
    "Bearer",
    "Basic !!!",
    basic("a"),
    basic("a:"),
    basic("a:token with more"),
  ])("keeps out %s", (header) => expect(isAllowed(header)).toBe(false));
});
