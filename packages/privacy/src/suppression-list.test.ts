import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Keyring, keyedHash, type PrivacyKey, parsePrivacyKey, rotateKeyring } from "./privacy-key.js";
import { createSuppressionFinder, type SuppressedIdentifier } from "./suppression-list.js";

const KEY = parsePrivacyKey("11".repeat(32));
const RING: Keyring = { current: KEY, all: [KEY] };

function person(id: string, email: string, key: PrivacyKey = KEY): SuppressedIdentifier[] {
  const identifier = { subjectId: id, act: "erase", keyId: key.id, outcome: "unlink" } as const;
  return [
    { ...identifier, kind: "customer-id", hash: keyedHash(key, "customer-id", id).toString("hex") },
    { ...identifier, kind: "email", hash: keyedHash(key, "email", email).toString("hex") },
  ];
}

describe("the suppression finder", () => {
  it("knows a person by id or by email, and nobody by nothing", () => {
    const findSuppression = createSuppressionFinder(person("013000", "jane@example.org"), RING);
    expect(findSuppression("013000", null)?.key).toBe(KEY);
    expect(findSuppression(null, "jane@example.org")?.key).toBe(KEY);
    expect(findSuppression("013001", "jane@example.org")?.key).toBe(KEY);
    expect(findSuppression("13000", "john@example.org")).toBeUndefined();
    expect(findSuppression("jane@example.org", "013000")).toBeUndefined();
    expect(findSuppression(null, null)).toBeUndefined();
  });

  it("is silent while the list is empty", () => {
    expect(createSuppressionFinder([], RING)("013000", "jane@example.org")).toBeUndefined();
  });

  it("still knows people by the key that they were suppressed under when another one is in use", () => {
    const rotated = rotateKeyring(RING, Buffer.alloc(32, 0x22));
    const findSuppression = createSuppressionFinder(
      [...person("013000", "jane@example.org"), ...person("013001", "john@example.org", rotated.current)],
      rotated,
    );
    expect(findSuppression("013000", null)?.key).toBe(KEY);
    expect(findSuppression(null, "john@example.org")?.key).toBe(rotated.current);
    expect(findSuppression("013002", null)).toBeUndefined();
  });

  it("refuses a list that was made with a key that is not there: its people would be overlooked", () => {
    const other = parsePrivacyKey("22".repeat(32));
    const people = person("013000", "jane@example.org", other);
    expect(() => createSuppressionFinder(people, RING)).toThrow(new RegExp(other.id));
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
          const findSuppression = createSuppressionFinder(
            people.flatMap(([customerId, email]) => person(customerId, email)),
            RING,
            rememberAtMost,
          );
          for (const [customerId, email] of questions) {
            const expected = people.some(([i, e]) => i === customerId || e === email);
            expect(findSuppression(customerId, email)?.key).toBe(expected ? KEY : undefined);
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
    const findSuppression = createSuppressionFinder(
      person("013000", "jane@example.org"),
      { current: counting, all: [counting] },
      10,
    );
    for (let i = 0; i < 50; i++) findSuppression("013000", null);
    expect(hashed).toBe(1);
    for (let i = 0; i < 10; i++) findSuppression(`other ${i}`, null);
    expect(hashed).toBe(11);
    findSuppression("013000", null);
    expect(hashed).toBe(12);
  });
});
