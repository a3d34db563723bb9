import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MaskRecordStrategies, maskRecord } from "./mask-record.js";
import { parsePrivacyKey, pseudonym } from "./privacy-key.js";

const KEY = parsePrivacyKey("11".repeat(32));
const MARKER = "MARK-jane-doe-MARK";
const STRATEGIES: MaskRecordStrategies = {
  id: "hmac",
  name: "null",
  born: "generalize",
  note: "redact",
  email: "sha256",
  "home.street": "null",
  "home.country": "keep",
};

describe("maskRecord", () => {
  it("masks by path and keeps the record's form", () => {
    const record = {
      id: "013000",
      name: "Jane",
      born: "1980-05-17",
      note: null,
      home: { street: "1 High St", country: "Ireland" },
    };
    expect(maskRecord(record, STRATEGIES, KEY)).toEqual({
      id: pseudonym(KEY, "013000"),
      name: null,
      born: "1980-01-01",
      note: null,
      home: { street: null, country: "Ireland" },
    });
    expect(record.name).toBe("Jane");
  });

  it("drops what the policy does not name, however deep, with the names in it: they may be a person's", () => {
    const record = {
      nick: "Jane",
      home: { floor: "third", deeper: { name: "Jane" } },
      tags: ["Jane"],
      x: { Jane: {} },
    };
    expect(maskRecord(record, STRATEGIES, KEY)).toEqual({ home: {} });
  });

  it("is not stopped by a record that is nested deeper than a stack", () => {
    const deep: unknown = JSON.parse(`${'{"home":'.repeat(50_000)}1${"}".repeat(50_000)}`);
    expect(maskRecord(deep, STRATEGIES, KEY)).toEqual({ home: {} });
  });

  it("drops a named group that is no object, and everything that is no record", () => {
    expect(maskRecord({ home: "1 High St" }, STRATEGIES, KEY)).toEqual({});
    expect(maskRecord({ home: [{ street: "1 High St" }] }, STRATEGIES, KEY)).toEqual({});
    for (const value of ["Jane", 7, true, null, undefined, [{ name: "Jane" }]]) {
      expect(maskRecord(value, STRATEGIES, KEY)).toBeNull();
    }
  });

  it("leaves no text behind that stood in a field which is not kept", () => {
    const name = fc.oneof(
      fc.constantFrom(
        "id",
        "name",
        "born",
        "note",
        "email",
        "home",
        "street",
        "country",
        "__proto__",
        "toString",
        MARKER,
      ),
      fc.string(),
    );
    const marked = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(MARKER),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.array(fc.tuple(name, tie("value")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
      ),
    })).value;
    const kept: MaskRecordStrategies = { ...STRATEGIES, "home.country": "redact" };
    fc.assert(
      fc.property(marked, (record) => {
        const masked = maskRecord(record, kept, KEY);
        expect(JSON.stringify(masked)).not.toContain(MARKER);
        expect(maskRecord(masked, kept, KEY)).toEqual(masked);
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes a field's name for a name, not for a path", () => {
    expect(maskRecord({ "home.country": "Jane" }, STRATEGIES, KEY)).toEqual({});
  });
});
