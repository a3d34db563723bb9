import { expect, test } from "vitest";
import { nameOf, parseStat, requireWhole } from "./process-tree.mjs";

test("reads a process's stat, whatever its name holds", () => {
  const stat = "42 (a) b (c) S 7 42 42 0 -1 4194560 5 6 7 8 150 50 30 20 20 0 11 0 123";
  expect(parseStat(stat)).toEqual({ parent: 7, cpuSeconds: 2, childrenSeconds: 0.5 });
});

test.each([
  ["loader", ["/usr/bin/node", "--enable-source-maps", "/srv/lethe/services/loader/bundle/main.js"]],
  ["transformer", ["node", "/srv/lethe/services/transformer/dist/main.js"]],
  ["redis", ["/usr/bin/redis-server 127.0.0.1:6379"]],
  ["postgres", ["/opt/native/bin/postgres", "-D", "/var/postgres"]],
  [undefined, ["postgres: checkpointer "]],
  [undefined, ["node", "/srv/lethe/packages/cli/bundle/main.js", "up"]],
])("knows %s by its command line", (name, command) => {
  expect(nameOf(command)).toBe(name);
});

test("does not measure a part of Lethe for the whole", () => {
  const all = { scheduler: [1], extractor: [2], transformer: [3, 4], loader: [5], redis: [6], postgres: [7] };
  expect(() => requireWhole(all)).not.toThrow();
  expect(() => requireWhole({ redis: [6], postgres: [7] })).toThrow("scheduler, extractor, transformer, loader");
  // Where there is no /proc, nothing is found, and nothing is said of CPU time and memory.
  expect(() => requireWhole({})).not.toThrow();
});
