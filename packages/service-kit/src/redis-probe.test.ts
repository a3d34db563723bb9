import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, it } from "vitest";
import { PROBED_COMMANDS } from "./redis-probe.js";

const SCRIPTS = path.join(path.dirname(createRequire(import.meta.url).resolve("bullmq")), "..", "esm", "scripts");

it("probes every command that stands in a script of BullMQ", () => {
  const called = new Set<string>();
  for (const file of readdirSync(SCRIPTS).filter((name) => name.endsWith(".js"))) {
    const text = readFileSync(path.join(SCRIPTS, file), "utf8");
    for (const [, command = ""] of text.matchAll(/(?:rcall|redis\.p?call)\(\s*['"]([A-Za-z]+)['"]/g)) {
      called.add(command.toUpperCase());
    }
  }
  expect(called.size).toBeGreaterThan(40);
  const probed = PROBED_COMMANDS.map((words) => words.split(" ")[0]);
  expect([...called].filter((command) => !probed.includes(command))).toEqual([]);
});
