import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyedHash, parsePrivacyKey } from "./privacy-key.js";
import { createSuppressionCheck } from "./suppression-list.js";

const KEY = parsePrivacyKey("11".repeat(32));

function person(id: string, email: string) {
  return { customerKey: keyedHash(KEY, "customer-id", id), emailKey: keyedHash(KEY, "email", email) };
}

describe("the suppression check", () => {
  it("knows a person by id or by email, and nobody by nothing", () => {
    const isSuppressed = createSuppressionCheck([person("013000", "jane@example.org")], KEY);
    expect(isSuppressed("013000", null)).toBe(true);
    expect(isSuppressed(null, "jane@example.org")).toBe(true);
    expect(isSuppressed("013001", "jane@example.org")).toBe(true);
    expect(isSuppressed("13000", "john@example.org")).toBe(false);
    expect(isSuppressed("jane@example.org", "013000")).toBe(false);
    expect(isSuppressed(null, null)).toBe(false);
  });

  it("is silent while the list is empty, and under another key", () => {
    expect(createSuppressionCheck([], KEY)("013000", "jane@example.org")).toBe(false);
    const otherKey = parsePrivacyKey("22".repeat(32));
    const isSuppressed = createSuppressionCheck([person("013000", "jane@example.org")], otherKey);
    expect(isSuppressed("013000", "jane@example.org")).toBe(false);
  });

  it("answers the same however few answers it may remember, and however often it is asked", () => {
    const id = fc.integer({ min: 0, max: 30 }).map(String);
    const question = fc.tuple(fc.option(id), fc.option(id));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(id, id), { minLength: 1, maxLength: 5 }),
        fc.array(question, { maxLength: 100 }),
        fc.integer({ min: 1, max: 4 }),
        (people, questions, rememberAtMost) => {
          const isSuppressed = createSuppressionCheck(
            people.map(([customerId, email]) => person(customerId, email)),
            KEY,
            rememberAtMost,
          );
          for (const [customerId, email] of questions) {
            const expected = people.some(([i, e]) => i === customerId || e === email);
            expect(isSuppressed(customerId, email)).toBe(expected);
          }
        },
      ),
    );
  });

  it("remembers an answer, so that a person of many records is hashed once; and no more answers than allowed", () => {
    let hashed = 0;
    const counting = {
      id: KEY.id,
      get secret() {
        hashed += 1;
        return KEY.secret;
      },
    };
    const isSuppressed = createSuppressionCheck([person("013000", "jane@example.org")], counting, 10);
    for (let i = 0; i < 50; i++) isSuppressed("013000", null);
    expect(hashed).toBe(1);
    for (let i = 0; i < 10; i++) isSuppressed(`other ${i}`, null);
    expect(hashed).toBe(11);
    isSuppressed("013000", null);
    expect(hashed).toBe(12);
  });
});
