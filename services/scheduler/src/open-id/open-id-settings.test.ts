import { ConfigurationError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { claimedRole, parseRoleMap } from "./claimed-role.js";
import { readOpenIdSettings } from "./open-id-settings.js";

const DEFAULTS = { LETHE_OIDC_SCOPES: "openid", LETHE_OIDC_ROLE_CLAIM: "roles", LETHE_OIDC_NAME: "single sign-on" };
const WHOLE = {
  ...DEFAULTS,
  LETHE_OIDC_ISSUER: "https://accounts.example.org/realms/staff",
  LETHE_OIDC_CLIENT_ID: "lethe",
  LETHE_OIDC_REDIRECT_URL: "https://lethe.example.org/",
  LETHE_OIDC_ROLES: "lethe-admins=admin",
  LETHE_SESSION_KEY: "5e".repeat(32),
};

describe("the settings of OpenID Connect", () => {
  it("are none, or all that is needed", () => {
    expect(readOpenIdSettings(DEFAULTS)).toBeUndefined();
    expect(readOpenIdSettings({ ...DEFAULTS, LETHE_SESSION_KEY: WHOLE.LETHE_SESSION_KEY })).toBeUndefined();
    expect(readOpenIdSettings(WHOLE)).toMatchObject({
      clientId: "lethe",
      clientSecret: undefined,
      callback: new URL("https://lethe.example.org/session/oidc/callback"),
    });
  });

  it.each([
    "LETHE_OIDC_ISSUER",
    "LETHE_OIDC_CLIENT_ID",
    "LETHE_OIDC_REDIRECT_URL",
    "LETHE_OIDC_ROLES",
    "LETHE_SESSION_KEY",
  ])("name %s where it is missing", (name) => {
    const read = () => readOpenIdSettings({ ...WHOLE, [name]: undefined });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(name);
  });

  it.each([
    ["LETHE_OIDC_ISSUER", "http://accounts.example.org"],
    ["LETHE_OIDC_ISSUER", "https://"],
    ["LETHE_OIDC_REDIRECT_URL", "http://lethe.example.org"],
    ["LETHE_OIDC_REDIRECT_URL", "https://lethe.example.org/console"],
    ["LETHE_OIDC_REDIRECT_URL", "https://lethe.example.org/?x"],
    ["LETHE_OIDC_ROLES", "bosses"],
    ["LETHE_OIDC_ROLES", "bosses=root"],
    ["LETHE_OIDC_ROLES", " =viewer"],
    ["LETHE_OIDC_ROLES", "a=admin,a=viewer"],
    ["LETHE_SESSION_KEY", "5e".repeat(31)],
    ["LETHE_SESSION_KEY", "not hexadecimal ".repeat(8)],
  ])("refuse %s=%s, and do not repeat it", (name, value) => {
    const read = () => readOpenIdSettings({ ...WHOLE, [name]: value });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(name);
    expect(read).not.toThrow(value);
  });
});

describe("the role of somebody", () => {
  const map = parseRoleMap("boss=admin, desk =privacy-officer,ops=operator");

  it.each([
    ["one value", { roles: "desk" }, "privacy-officer"],
    ["one of a list", { roles: ["x", "ops"] }, "operator"],
    ["the first of the setting", { roles: ["ops", "desk"] }, "privacy-officer"],
    ["none of those that count", { roles: ["x"] }, undefined],
    ["no claim", {}, undefined],
    ["what is no text", { roles: [1, null, ["boss"], { boss: true }] }, undefined],
    ["a name that objects have", { roles: "constructor" }, undefined],
  ])("follows from %s", (_what, claims, role) => expect(claimedRole(claims, "roles", map)).toBe(role));

  it("is found at the end of a path, of own properties alone", () => {
    expect(claimedRole({ a: { b: ["boss"] } }, "a.b", map)).toBe("admin");
    expect(claimedRole({ "a.b": "boss" }, "a.b", map)).toBe("admin");
    expect(claimedRole({ a: "boss" }, "a.length", map)).toBeUndefined();
    expect(claimedRole({ a: {} }, "a.constructor.name", map)).toBeUndefined();
  });

  it("may belong to a value that has the sign in it", () => {
    expect(claimedRole({ roles: "cn=ops" }, "roles", parseRoleMap("cn=ops=operator"))).toBe("operator");
  });
});
