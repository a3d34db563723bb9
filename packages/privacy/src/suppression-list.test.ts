import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Keyring, keyedHash, type PrivacyKey, parsePrivacyKey, rotateKeyring } from "./privacy-key.js";
import { createSuppressionFinder, createSuppressionLookup, type SuppressedIdentifier } from "./suppression-list.js";

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

describe("what becomes of a record that arrives", () => {
  const row = (
    subjectId: string,
    act: SuppressedIdentifier["act"],
    kind: SuppressedIdentifier["kind"],
    value: string,
  ): SuppressedIdentifier => ({
    ...{ subjectId, act, kind, keyId: KEY.id, outcome: "unlink" },
    hash: keyedHash(KEY, kind, value).toString("hex"),
  });
  const { judgeArrival, findSuppression } = createSuppressionLookup(
    [
      row("jane", "erase", "customer-id", "013000"),
      row("jane", "erase", "email", "jane@x.example"),
      row("jane", "release", "email", "family@x.example"),
      row("jane", "erase", "name", "jane doe"),
      row("old owner", "release", "customer-id", "000777"),
      row("old owner", "erase", "email", "old@x.example"),
      row("old owner", "erase", "name", "olga old"),
      row("asked", "question", "customer-id", "000888"),
      row("asked", "question", "email", "asked@x.example"),
      row("open", "question", "customer-id", "013000"),
      row("kept", "restrict", "email", "kept@x.example"),
    ],
    RING,
  );

  it.each([
    ["an id and an email of theirs", "013000", "jane@x.example", null, false],
    ["their id with a new email and their name", "013000", "new@x.example", "jane doe", true],
    ["their email with another id and their name", "014000", "jane@x.example", "jane doe", true],
    ["their email alone", null, "jane@x.example", null, false],
    ["their email without id, whatever the name", null, "jane@x.example", "j. doe", false],
    ["an email that they share, with their name", null, "family@x.example", "jane doe", false],
  ])("is masking for %s", (_, id, email, name, bearsNew) => {
    expect(judgeArrival(id, email, name)).toMatchObject({
      kind: "masked",
      suppression: { subjectId: "jane" },
      bearsNew,
    });
    expect(findSuppression(id, email, name)?.subjectId).toBe("jane");
  });

  it.each([
    ["their email with another id and name", "014000", "jane@x.example", "john doe", "jane", "shared_email"],
    ["their id alone, while it is in question", "013000", null, null, "open", null],
    ["an id that a request has put into question", "000888", null, null, "asked", null],
    ["an email that a request has put into question", "014000", "asked@x.example", "any body", "asked", null],
    ["somebody whose processing is restricted", "014000", "kept@x.example", "any body", "kept", null],
  ])("is waiting for a decision for %s", (_, id, email, name, heldFor, question) => {
    expect(judgeArrival(id, email, name)).toEqual({ kind: "held", heldFor, question });
    expect(findSuppression(id, email, name)).toBeUndefined();
  });

  it.each([
    ["nobody on the list", "014000", "john@x.example", "john doe"],
    ["somebody of the same name", "014000", "john@x.example", "jane doe"],
    ["an email that somebody shares with them", "014000", "family@x.example", "john doe"],
    ["the new owner of an id", "000777", "next@x.example", "nick next"],
    ["the new owner of an id, by the id alone", "000777", null, null],
  ])("is nothing for %s", (_, id, email, name) => {
    expect(judgeArrival(id, email, name)).toEqual({ kind: "plain" });
  });

  it("does not let an id join that has a new owner", () => {
    expect(judgeArrival("000777", "next@x.example", "olga old")).toMatchObject({ kind: "masked", hasSharedId: true });
    expect(judgeArrival("013000", "jane@x.example", "jane doe")).toMatchObject({ kind: "masked", hasSharedId: false });
  });

  it("is a question for an id whose email and name are both somebody else's", () => {
    const { judgeArrival: judge } = createSuppressionLookup(person("013000", "jane@example.org"), RING);
    expect(judge("013000", "next@x.example", "nick next")).toEqual({
      ...{ kind: "held", heldFor: "013000", question: "reused_id" },
    });
    expect(judge("013000", null, null)).toMatchObject({ kind: "masked" });
  });
});
