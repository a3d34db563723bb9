import { expect, test } from "vitest";
import { isRecent } from "./redis-server.js";

test.each([
  ["Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64", true],
  ["Valkey server v=8.1.1 sha=00000000:0", true],
  ["Redis server v=6.2.0 sha=00000000:0", true],
  ["Redis server v=6.0.16 sha=00000000:0", false],
  ["Redis server v=5.0.7 sha=00000000:0", false],
  ["", false],
])("%s is recent enough: %s", (versionLine, recent) => {
  expect(isRecent(versionLine)).toBe(recent);
});
