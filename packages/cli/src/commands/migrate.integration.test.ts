import { afterAll, beforeAll, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld({ migrated: false });
});
afterAll(() => world.end());

it("says what to do where there is no ledger, names each step that it applies, and applies it once", async () => {
  const before = await world.lethe(["status"]);
  expect(before).toMatchObject({ code: 2, err: [expect.stringContaining("lethe migrate")] });
  const first = await world.lethe(["migrate"]);
  expect(first.code).toBe(0);
  expect(first.out[0]).toBe("applied 0001_ledger");
  expect((await world.lethe(["migrate"])).out).toEqual(["nothing to apply: the schema is up to date"]);
  expect((await world.lethe(["status"])).code).toBe(0);
});
