import { expect, test } from "vitest";
import { findMissing } from "./check-machine.mjs";

const machine = {
  environment: {},
  root: "/checkout",
  hasProgram: () => true,
  isRoot: false,
  hasPostgresUser: true,
  unwritable: [],
  input: undefined,
  isInstalled: false,
  freeBytes: 5e9,
};

test("misses nothing on a machine that has all", () => {
  expect(findMissing(machine)).toEqual([]);
});

test.each([
  ["a Redis", { hasProgram: () => false }, "no Redis server. Install redis-server"],
  [
    "an ordinary user for PostgreSQL",
    { isRoot: true, hasPostgresUser: false, hasProgram: (name) => name === "docker" },
    "no ordinary user postgres. Create",
  ],
  [
    "a folder that it may write",
    { unwritable: [{ name: "DATA_DIR", folder: "/data" }] },
    "DATA_DIR, /data, cannot be written",
  ],
  ["the folder of input", { input: "/raw" }, "there is no folder /raw. Set it"],
  ["space", { freeBytes: 2e8 }, "has 200 MB left"],
])("misses %s, and says how to mend it", (_what, lack, text) => {
  const missing = findMissing({ ...machine, ...lack });
  expect(missing).toHaveLength(1);
  expect(missing[0]).toContain(text);
});

test.each([
  ["a Redis that is named", { hasProgram: () => false, environment: { REDIS_URL: "redis://host" } }],
  ["a Redis that a file names", { hasProgram: () => false, environment: { REDIS_URL_FILE: "/run/secrets/redis" } }],
  ["Debian's packages", { hasProgram: (name) => name === "apt-get" }],
  [
    "a PostgreSQL that is named",
    {
      isRoot: true,
      hasPostgresUser: false,
      hasProgram: (name) => name === "docker",
      environment: { DATABASE_URL: "postgres://host" },
    },
  ],
  ["packages that are installed already", { freeBytes: 2e8, isInstalled: true }],
])("is content with %s", (_what, change) => {
  expect(findMissing({ ...machine, ...change })).toEqual([]);
});
