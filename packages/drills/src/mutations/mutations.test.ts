import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_MUTATIONS } from "./all-mutations.js";
import { ERASURE_MUTATIONS } from "./erasure-mutations.js";
import { MUTANTS } from "./mutants.js";
import { sourceOf } from "./seam.js";

const SEAMS = [...ALL_MUTATIONS.flatMap(({ seams }) => seams), ...ERASURE_MUTATIONS.map(({ seam }) => seam)];

/** Programs and modules are loaded, which takes seconds on a machine that is busy. */
const TIMEOUT = { timeout: 60_000 };

describe("the mutations", TIMEOUT, () => {
  it.each(SEAMS)("replace a function that is there: $name of $module", async (seam) => {
    const exports: Record<string, unknown> = await import(sourceOf(seam));
    expect(exports[seam.name]).toBeTypeOf("function");
  });

  it("use every mutant", () => {
    expect([...new Set(SEAMS.map(({ mutant }) => mutant))].sort()).toEqual(Object.keys(MUTANTS).sort());
  });
});

describe("seam-hook.mjs", TIMEOUT, () => {
  const hook = new URL("../../seam-hook.mjs", import.meta.url);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lethe-seams-"));
    await writeFile(
      join(folder, "guard.mjs"),
      "export const guard = () => 'guarded'; export const other = () => 'other';",
    );
    await writeFile(
      join(folder, "mutants.mjs"),
      "export const MUTANTS = { undo: (original) => () => 'un' + original() };",
    );
    await writeFile(
      join(folder, "main.mjs"),
      "import { guard, other } from './guard.mjs'; console.log(guard(), other());",
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Runs main.mjs with a seam; returns what it prints. */
  async function runWith(name: string, mutant: string): Promise<string> {
    const urlOf = (file: string) => pathToFileURL(join(folder, file)).href;
    const url = new URL(hook);
    const seam = { module: urlOf("guard.mjs"), name, mutants: urlOf("mutants.mjs"), mutant };
    url.searchParams.set("seams", JSON.stringify([seam]));
    const node = promisify(execFile)(process.execPath, ["--import", url.href, join(folder, "main.mjs")]);
    return (await node).stdout.trim();
  }

  it("gives importers the mutant, which knows the original, and all else as it is", async () => {
    expect(await runWith("guard", "undo")).toBe("unguarded other");
  });

  it.each([
    ["the module has no such function", "gone", "undo", "exports no function gone"],
    ["there is no such mutant", "guard", "gone", "there is no mutant gone"],
  ])("ends the program at its start when %s", async (_why, name, mutant, message) => {
    await expect(runWith(name, mutant)).rejects.toThrow(message);
  });
});
