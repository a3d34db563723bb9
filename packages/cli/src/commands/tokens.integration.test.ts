import { findCaller } from "@lethe/warehouse/access/api-tokens";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
});
afterAll(() => world.end());

it("creates a token that is printed once, lists it without, and revokes it", async () => {
  const created = await world.lethe(["tokens", "create", "support-desk", "--role", "privacy-officer"]);
  expect(created).toMatchObject({ code: 0, out: [expect.stringMatching(/^lethe_[0-9a-f]{16}_[\w-]{43}$/)] });
  const [token = ""] = created.out;
  expect(await findCaller(world.pool, token)).toEqual({ name: "support-desk", role: "privacy-officer" });

  const listed = await world.lethe(["tokens", "list"]);
  expect(listed.out.join("\n")).toMatch(/support-desk +privacy-officer/);
  const asJson = await world.lethe(["tokens", "list", "--json"]);
  expect(JSON.parse(asJson.out[0] ?? "")).toMatchObject({
    name: "support-desk",
    role: "privacy-officer",
    revokedAt: null,
  });
  for (const { out, err } of [listed, asJson]) expect([...out, ...err].join()).not.toContain(token.slice(23));

  const asJsonCreated = await world.lethe(["tokens", "create", "other-desk", "--role", "viewer", "--json"]);
  const other = JSON.parse(asJsonCreated.out[0] ?? "") as { name: string; role: string; token: string };
  expect(await findCaller(world.pool, other.token)).toEqual({ name: "other-desk", role: "viewer" });
  const revoked = await world.lethe(["tokens", "revoke", "other-desk", "--json"]);
  expect(JSON.parse(revoked.out[0] ?? "")).toEqual({ name: "other-desk", revoked: true });

  expect(await world.lethe(["tokens", "revoke", "support-desk"])).toMatchObject({ code: 0 });
  expect(await findCaller(world.pool, token)).toBeUndefined();
  expect(await world.lethe(["tokens", "revoke", "support-desk"])).toMatchObject({ code: 2 });
});

it.each([
  [["tokens", "create", "no-role"], /role/],
  [["tokens", "create", "desk", "--role", "owner"], /--role has no "owner"; it is one of viewer/],
  [["tokens", "create", "Jane Doe", "--role", "viewer"], /lower-case/],
  [["tokens", "revoke", "nobody"], /there is no token nobody/],
])("refuses %j", async (args, why) => {
  const { code, out, err } = await world.lethe(args);
  expect({ code, out }).toEqual({ code: 2, out: [] });
  expect(err.join("\n")).toMatch(why);
});
