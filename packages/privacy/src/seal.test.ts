import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePrivacyKey, rotateKeyring } from "./privacy-key.js";
import { seal, unseal } from "./seal.js";

const KEY = parsePrivacyKey("11".repeat(32));
const RING = { current: KEY, all: [KEY] };

describe("a sealed text", () => {
  it("is opened by its key, also after a rotation, and shows nothing of the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 8 }), (text) => {
        const sealed = seal(KEY, "test", text);
        expect(sealed.includes(text)).toBe(false);
        expect(unseal(RING, "test", sealed)).toBe(text);
        expect(unseal(rotateKeyring(RING, Buffer.alloc(32, 0x22)), "test", sealed)).toBe(text);
      }),
    );
  });

  it("is not opened by another key, for another purpose, or when a byte of it was changed", () => {
    const other = parsePrivacyKey("22".repeat(32));
    const sealed = seal(KEY, "test", "jane@example.org");
    expect(() => unseal({ current: other, all: [other] }, "test", sealed)).toThrow(/lacks the key/);
    expect(() => unseal(RING, "other", sealed)).toThrow();
    for (let at = 4; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => unseal(RING, "test", changed)).toThrow();
    }
  });
});
