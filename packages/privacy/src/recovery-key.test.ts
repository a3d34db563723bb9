import { ConfigurationError, InvalidInputError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRecoveryKeys, decryptForRecovery, encryptForRecovery } from "./recovery-key.js";
import { createSigningKey } from "./signing-key.js";

const { privateKey, publicKey } = createRecoveryKeys();

describe("what is encrypted for recovery", () => {
  it("is read by the private key alone, whichever of the pair it was encrypted with", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(privateKey, publicKey), (bytes, key) => {
        const plain = Buffer.from(bytes);
        const sealed = encryptForRecovery(key, plain);
        expect(decryptForRecovery(privateKey, sealed)).toEqual(plain);
        expect(() => decryptForRecovery(publicKey, sealed)).toThrow(ConfigurationError);
        expect(() => decryptForRecovery(createRecoveryKeys().privateKey, sealed)).toThrow(InvalidInputError);
      }),
      { numRuns: 20 },
    );
  });

  it("is another text each time, and holds nothing of the plain one", () => {
    const plain = Buffer.from("keyed hashes of somebody");
    const [one, other] = [encryptForRecovery(publicKey, plain), encryptForRecovery(publicKey, plain)];
    expect(one.equals(other)).toBe(false);
    expect(one.includes("somebody")).toBe(false);
  });

  it("is refused when any byte was changed, or when it was cut", () => {
    const sealed = encryptForRecovery(publicKey, Buffer.from("keyed hashes"));
    for (let i = 0; i < sealed.length; i += 1) {
      const changed = Buffer.from(sealed);
      changed[i] = (changed[i] ?? 0) ^ 0x80;
      // The highest bit of the sender's key says nothing in X25519; as part of the head it is checked all the same.
      expect(() => decryptForRecovery(privateKey, changed), String(i)).toThrow(InvalidInputError);
      expect(() => decryptForRecovery(privateKey, sealed.subarray(0, i))).toThrow(InvalidInputError);
    }
  });

  it("takes no key of another kind", () => {
    for (const key of ["", "what", createSigningKey()]) {
      expect(() => encryptForRecovery(key, Buffer.alloc(1))).toThrow(/`lethe keys recovery` makes it/);
      expect(() => decryptForRecovery(key, Buffer.alloc(1))).toThrow(ConfigurationError);
    }
  });
});
