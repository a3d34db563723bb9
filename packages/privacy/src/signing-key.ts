import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { Signer, VerifySignature } from "@lethe/contracts/proof";

/** The key that signs checkpoints, and the public keys of those that signed before it. */
export interface SigningKeys extends Signer {
  /** Public keys as PEM, that of the key in use first. They are no secret. */
  readonly publicKeys: readonly string[];
}

/**
 * Reads signing keys from their text: a private key (Ed25519, PKCS #8 as PEM, or its seed of 32 bytes as hexadecimal
 * digits), and after it any number of older keys as PEM, private or public, which are used to check only. Throws
 * ConfigurationError, which holds nothing of a key.
 */
export function parseSigningKeys(text: string): SigningKeys {
  const [own, ...older] = splitKeys(text);
  if (own === undefined) throw wrong("holds no key");
  const privateKey = explained(() => (SEED.test(own) ? fromSeed(own) : createPrivateKey(own)), "holds no private key");
  const all = [createPublicKey(privateKey), ...older.map(toPublicKey)].map(requireEd25519);
  return {
    keyId: signingKeyId(all[0] ?? createPublicKey(privateKey)),
    sign: (message) => sign(null, Buffer.from(message), privateKey).toString("base64"),
    publicKeys: all.map(toPem),
  };
}

/**
 * Returns the signing keys of a setting. Throws ConfigurationError, which says how to make one, when there is none: nobody signs
 * with a key that everybody has.
 */
export function requireSigningKey(text: string | undefined): SigningKeys {
  if (text !== undefined) return parseSigningKeys(text);
  throw new ConfigurationError(
    "LETHE_SIGNING_KEY is not set, and receipts must be signed. `npm start` makes a key in DATA_DIR/signing.key; elsewhere make one " +
      "with `lethe keys signing --out FILE` and name that file in LETHE_SIGNING_KEY_FILE",
  );
}

/** Creates a signing key at random; returns it as text that `parseSigningKeys` reads. */
export function createSigningKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/**
 * Returns the text of signing keys with a new one in use. Of the one that was in use the public part alone is kept: it signs
 * nothing any more, and what it signed can still be checked. Throws ConfigurationError.
 */
export function rotateSigningKeys(text: string): string {
  return [createSigningKey(), ...parseSigningKeys(text).publicKeys].join("");
}

/**
 * Returns a function that checks signatures with the public keys of a text: PEM, one or several. Throws ConfigurationError
 * when it holds none, or something that is not an Ed25519 key.
 */
export function parsePublicKeys(text: string): VerifySignature {
  const keys = splitKeys(text).map(toPublicKey).map(requireEd25519);
  if (keys.length === 0) throw wrong("holds no public key", "the file of public keys");
  const byId = new Map(keys.map((key) => [signingKeyId(key), key]));
  return (keyId, message, signature) => {
    const key = byId.get(keyId);
    const bytes = Buffer.from(signature, "base64");
    // One signature has one text: base64 leaves bits of the last character open.
    if (key === undefined || bytes.toString("base64") !== signature) return false;
    return verify(null, Buffer.from(message), key, bytes);
  };
}

const SEED = /^[0-9a-f]{64}$/i;
// What stands before the seed in the PKCS #8 form of an Ed25519 key: https://www.rfc-editor.org/rfc/rfc8410#section-7
const PKCS8_BEFORE_SEED = Buffer.from("302e020100300506032b657004220420", "hex");

function splitKeys(text: string): string[] {
  // An environment variable often holds line ends as they are escaped in JSON.
  const lines = text.replaceAll("\\n", "\n").trim();
  return SEED.test(lines) ? [lines] : (lines.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----\n?/g) ?? []);
}

function fromSeed(seed: string): KeyObject {
  const key = Buffer.concat([PKCS8_BEFORE_SEED, Buffer.from(seed, "hex")]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

function toPublicKey(pem: string): KeyObject {
  return explained(() => createPublicKey(pem), "holds something that is no key");
}

function requireEd25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== "ed25519") throw wrong("holds a key that is not an Ed25519 key");
  return key;
}

/** The first eight hexadecimal digits of the SHA-256 of the public key's 32 bytes. */
function signingKeyId(key: KeyObject): string {
  const { x = "" } = key.export({ format: "jwk" });
  return createHash("sha256").update(Buffer.from(x, "base64url")).digest("hex").slice(0, 8);
}

function toPem(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}

function explained<T>(read: () => T, complaint: string): T {
  try {
    return read();
  } catch (error) {
    throw wrong(complaint, undefined, error);
  }
}

function wrong(complaint: string, what = "LETHE_SIGNING_KEY", cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `${what} ${complaint}; it takes Ed25519 keys as PEM, and a private one also as its seed, 64 hexadecimal digits`,
    { cause },
  );
}
