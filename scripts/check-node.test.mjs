import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assessNode } from "./check-node.mjs";

test.each(["22.12.0", "22.23.3", "24.0.0", "24.21.0", "26.10.0"])("starts on Node %s without a word", (version) => {
  expect(assessNode(version)).toEqual({ starts: true, message: undefined });
});

test.each([
  ["20.19.0", "gets no more security fixes"],
  ["21.7.3", "gets no more security fixes"],
  ["25.0.0", "has not been tested"],
  ["28.0.0", "has not been tested"],
])("starts on Node %s with a warning that it %s", (version, reason) => {
  const { starts, message } = assessNode(version);
  expect(starts).toBe(true);
  expect(message).toMatch(new RegExp(`^Warning: Node ${version} ${reason}.* supports Node 22, 24, 26\\.`));
});

test.each([
  ["14.21.3", "20.19"],
  ["18.20.8", "20.19"],
  ["20.18.3", "20.19"],
  ["22.11.0", "22.12"],
])("refuses Node %s and asks for %s", (version, needed) => {
  const { starts, message } = assessNode(version);
  expect(starts).toBe(false);
  expect(message).toContain(`needs Node ${needed} or newer; this is ${version}.`);
});

test("package.json and .nvmrc name the same versions", () => {
  const read = (file) => readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  expect(JSON.parse(read("package.json")).engines.node).toBe("^20.19.0 || >=22.12.0");
  expect(assessNode(`${read(".nvmrc").trim()}.0.0`)).toEqual({ starts: true, message: undefined });
});
