import fc from "fast-check";
import { expect, it } from "vitest";
import { mergePatch } from "./merge-patch.js";

// The examples of RFC 7396, appendix A.
it.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("of %j and %j is %j", (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected);
});

it("is of no effect without changes, the same when it is applied twice, and touches no prototype", () => {
  fc.assert(
    fc.property(fc.object(), fc.object(), (target, patch) => {
      const merged = mergePatch(target, patch);
      expect(mergePatch(target, {})).toEqual(target);
      expect(mergePatch(merged, patch)).toEqual(merged);
    }),
  );
  expect(Object.keys(mergePatch({}, JSON.parse('{"__proto__":{"admin":true}}')) as object)).toEqual(["__proto__"]);
  expect({}).not.toHaveProperty("admin");
});
