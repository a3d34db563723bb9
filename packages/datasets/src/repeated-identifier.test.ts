import { describe, expect, it } from "vitest";
import { email, notPersonal } from "./field.js";
import { repeatedIdentifierIn } from "./repeated-identifier.js";

const DATASET = { fields: { email, note: notPersonal } };

describe("repeatedIdentifierIn", () => {
  it.each([
    ['{"email":"a@x","note":"b","email":"c@x"}', "email"],
    ['{"email":"a@x","\\u0065mail":"c@x"}', "email"],
    ['{"email":"a@x","note":{"email":"c@x"}}', undefined],
    ['{"email":"a@x","note":"\\"email\\": \\"email\\""}', undefined],
    ['{"email":"email","note":"email"}', undefined],
    ['{"note":1,"note":2}', undefined],
    ['[{"email":1},{"email":2}]', undefined],
    ["nothing", undefined],
  ])("of %s is %s", (text, key) => {
    expect(repeatedIdentifierIn(DATASET)(text)).toBe(key);
  });
});
