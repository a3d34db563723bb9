import { describe, expect, it } from "vitest";
import { isNestedDeeper } from "./nesting.js";

const isDeeper = (text: string, most = 2) => isNestedDeeper(Buffer.from(text), most);

describe("isNestedDeeper", () => {
  it.each([
    "[[1]]",
    '{"a":{"b":1}}',
    "[[],[],[]]",
    '[{"a":"[[["}]',
    '["\\"[[[", "\\\\", [1]]',
    '["ü[[[", {}]',
    "1",
    "",
    '"[[[',
  ])("takes %s at two levels", (text) => {
    expect(isDeeper(text)).toBe(false);
  });

  it.each(["[[[", '{"a":{"b":{', '[{"a":[1]}]', '["\\\\", [[1]]]', '["\\"", [[1]]]'])("refuses %s", (text) => {
    expect(isDeeper(text)).toBe(true);
  });
});
