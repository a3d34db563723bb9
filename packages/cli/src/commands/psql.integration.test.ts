import { runLethe } from "@lethe/test-kit/program";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

// psql writes to the terminal of the process, so each command is a process of its own.
let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
});
afterAll(() => world.end());

const psql = (...args: string[]) => runLethe(["psql", ...args], { ...world.environment, PATH: process.env.PATH ?? "" });

it("hands its arguments on to psql, and psql's exit on", async () => {
  const { out, code, err } = await psql("-X", "-A", "-t", "-c", "select count(*) from ledger.runs");
  expect({ code, out, err }).toEqual({ code: 0, out: "0\n", err: "" });
  expect(await psql("-X", "-c", "select nothing")).toMatchObject({ code: 1, err: expect.stringContaining("nothing") });
});

it("keeps the password off the process list", async () => {
  const { password } = new URL(world.environment.DATABASE_URL ?? "");
  const { out } = await psql("-X", "-c", "\\! ps -eo args");
  expect(out).toContain("--dbname=postgres");
  expect(out).not.toContain(password);
});

it("says what to install where there is no psql", async () => {
  const { code, err } = await runLethe(["psql"], { ...world.environment, PATH: "/nonexistent" });
  expect(code).toBe(2);
  expect(err).toContain("psql is not on the PATH: install PostgreSQL's client programs");
});
