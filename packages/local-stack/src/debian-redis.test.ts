import { expect, test } from "vitest";
import { parseDependencies } from "./debian-redis.js";

test("of a package's alternatives the first is a dependency, and names of providers are none", () => {
  const shown = [
    "redis-tools",
    "  PreDepends: init-system-helpers",
    "  Depends: libssl3",
    " |Depends: libsystemd0",
    "  Depends: libelogind0",
    "  Depends: <libjemalloc>",
    "    libjemalloc2",
    "  Depends: libstdc++6:any",
  ].join("\n");
  expect(parseDependencies(shown)).toEqual(["init-system-helpers", "libssl3", "libsystemd0", "libstdc++6"]);
});
