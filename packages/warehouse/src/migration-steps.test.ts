import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { declaredEffect, readSteps, SCRIPTS, UNDECLARED } from "./migration-steps.js";

describe("what a step declares", () => {
  it.each([
    ["-- Up Migration\n-- Effect: none\ncreate table a ();", undefined],
    ["-- Up Migration\n-- Effect: rewrites warehouse.a\nupdate warehouse.a set b = 1;", "rewrites warehouse.a"],
    ["-- Up Migration\n-- Effect: deletes warehouse.a\ndrop table warehouse.a;", "deletes warehouse.a"],
    ["-- Up Migration\ncreate table a ();", UNDECLARED],
    ["-- Up Migration\n-- Effect: perhaps\ncreate table a ();", UNDECLARED],
  ])("%j is read as %j", (script, effect) => {
    expect(declaredEffect(script)).toBe(effect);
  });
});

describe.each(readSteps())("the step $name", ({ name, effect }) => {
  it("declares what it does to data: `-- Effect: none`, `rewrites <tables>` or `deletes <what>` in its second line", () => {
    expect(effect).not.toBe(UNDECLARED);
  });

  it("declares more than none where its statements change or remove what is there", () => {
    const script = readFileSync(`${SCRIPTS}/${name}.sql`, "utf8").replace(/--.*$/gm, "");
    const changes =
      /\b(update\s+\w+\.|delete\s+from|truncate|drop\s+(table|column|schema)\s+\w+\.|drop\s+column|alter\s+column\s+\w+\s+(set\s+data\s+)?type)\b/i;
    if (changes.test(script)) expect(effect).toBeDefined();
  });
});
