import { ConfigurationError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPseudonym, keyedHash, parsePrivacyKey, pseudonym } from "./privacy-key.js";

const KEY = parsePrivacyKey("11".repeat(32));
const OTHER_KEY = parsePrivacyKey("22".repeat(32));

describe("parsePrivacyKey", () => {
  it("reads hexadecimal digits of either case, white space around them too: a file ends in a line break", () => {
    const key = parsePrivacyKey(`${"aB".repeat(32)}\n`);
    expect(key.secret).toEqual(Buffer.alloc(32, 0xab));
    expect(key.id).toBe(parsePrivacyKey("ab".repeat(32)).id);
  });

  it("has an id that tells keys apart and is no part of the key", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 64 }), (bytes) => {
        const hex = Buffer.from(bytes).toString("hex");
        const { id } = parsePrivacyKey(hex);
        expect(id).toMatch(/^[0-9a-f]{8}$/);
        expect(hex.startsWith(id)).toBe(false);
      }),
    );
    expect(KEY.id).not.toBe(OTHER_KEY.id);
  });

  it.each(["", "11", "11".repeat(31), "1".repeat(65), "z".repeat(64), `0x${"11".repeat(32)}`])(
    "refuses %j and does not repeat it",
    (text) => {
      expect(() => parsePrivacyKey(text)).toThrow(ConfigurationError);
      expect(() => parsePrivacyKey(text)).toThrow(/^LETHE_PRIVACY_KEY must be at least 32 bytes/);
    },
  );
});

describe("pseudonym", () => {
  it("is the same for the same value and key, and another one for any other", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(pseudonym(KEY, a)).toBe(pseudonym(KEY, a));
        expect(pseudonym(KEY, a)).not.toBe(pseudonym(OTHER_KEY, a));
        if (a !== b) expect(pseudonym(KEY, a)).not.toBe(pseudonym(KEY, b));
        expect(isPseudonym(pseudonym(KEY, a))).toBe(true);
      }),
    );
  });

  // Rows of the warehouse carry pseudonyms: a change of the form would make strangers of people who were masked before.
  it("stays what it is from release to release", () => {
    expect(pseudonym(KEY, "013000")).toBe("p_92b97d5c172b3b29aaab");
  });

  it("is told from any other text", () => {
    fc.assert(fc.property(fc.string(), (text) => !isPseudonym(text)));
    expect([`${pseudonym(KEY, "a")}\n`, `x${pseudonym(KEY, "a")}`, "013000", null, 7].some(isPseudonym)).toBe(false);
  });
});

describe("keyedHash", () => {
  it("parts an id from an email of the same text, and both from the pseudonym", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const asId = keyedHash(KEY, "customer-id", text);
        expect(asId).toHaveLength(32);
        expect(asId).toEqual(keyedHash(KEY, "customer-id", text));
        expect(asId).not.toEqual(keyedHash(KEY, "email", text));
        expect(asId).not.toEqual(keyedHash(OTHER_KEY, "customer-id", text));
        expect(asId.toString("hex").startsWith(pseudonym(KEY, text).slice(2))).toBe(false);
      }),
    );
  });
});
