import { expect, it } from "vitest";
import { keyUses } from "./key-uses.js";

const key = (id: string) => ({ id, secret: Buffer.alloc(32) });

it("lists keys with what they are needed for, and those that are missing", () => {
  const since = "2026-11-01T00:00:00.000Z";
  const known = new Map([
    ["old", { suppressions: 3, since }],
    ["gone", { suppressions: 1, since }],
  ]);
  expect(keyUses({ current: key("new"), all: [key("new"), key("old")] }, known)).toEqual([
    { id: "new", state: "in use", suppressions: 0, since: null },
    { id: "old", state: "kept", suppressions: 3, since },
    { id: "gone", state: "missing", suppressions: 1, since },
  ]);
});
