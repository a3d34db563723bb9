import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Seals texts so that nobody else can read them, make one up, or use one that was sealed for another purpose. */
export interface Seal {
  seal(text: string): string;
  /** Returns what was sealed; undefined for anything else, and for what is over. */
  open(sealed: string): string | undefined;
}

/**
 * Creates a seal whose texts are good for `seconds`. `purpose` and the key decide what opens: whatever should shut out all that was
 * sealed before, when it changes, belongs into the purpose.
 */
export function createSeal(key: Buffer, purpose: string, seconds: number): Seal {
  const own = Buffer.from(hkdfSync("sha256", key, "", `lethe seal: ${purpose}`, KEY_BYTES));

  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, own, nonce);
      const content = JSON.stringify({ text, until: Date.now() + seconds * 1_000 });
      const sealed = Buffer.concat([nonce, cipher.update(content, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return sealed.toString("base64url");
    },

    open(sealed) {
      // Node would leave out what is not of the alphabet, so that many texts would be one.
      const bytes = Buffer.from(sealed, "base64url");
      if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== sealed) return undefined;
      const decipher = createDecipheriv(CIPHER, own, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const opened = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
        const { text, until }: { text: string; until: number } = JSON.parse(opened.toString("utf8"));
        return Date.now() < until ? text : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
