import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { ConfigurationError, InvalidInputError } from "@lethe/contracts/errors";

/** A pair of keys as PEM: whoever has the public one can encrypt, and only the private one can decrypt. */
export interface RecoveryKeys {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Creates a pair of X25519 keys at random. */
export function createRecoveryKeys(): RecoveryKeys {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return {
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

// The first bytes of a file say what it is.
const MAGIC = Buffer.from("lethe recovery 1\n");
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts for the holder of a recovery key, given the public key or the pair's private one as PEM: X25519 with a key made for
 * this message alone, HKDF-SHA-256, AES-256-GCM. Throws ConfigurationError for any other key.
 */
export function encryptForRecovery(keyText: string, plain: Buffer): Buffer {
  const recipient = readKey(keyText, createPublicKey);
  const own = generateKeyPairSync("x25519");
  const head = Buffer.concat([MAGIC, rawPublic(own.publicKey), randomBytes(NONCE_BYTES)]);
  const cipher = createCipheriv("aes-256-gcm", messageKey(own.privateKey, recipient, own.publicKey), nonceOf(head));
  cipher.setAAD(head);
  return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/**
 * Decrypts what `encryptForRecovery` has made, with the private key as PEM. Throws ConfigurationError for a key that is no private
 * X25519 key, and InvalidInputError when the bytes are not for this key or were changed.
 */
export function decryptForRecovery(keyText: string, sealed: Buffer): Buffer {
  const key = readKey(keyText, createPrivateKey);
  const headBytes = MAGIC.length + KEY_BYTES + NONCE_BYTES;
  if (!sealed.subarray(0, MAGIC.length).equals(MAGIC) || sealed.length < headBytes + TAG_BYTES) {
    throw new InvalidInputError(
      "this is no export for recovery: `lethe erasure export --out FILE --recovery-key FILE` writes one",
    );
  }
  const head = sealed.subarray(0, headBytes);
  try {
    const sender = fromRawPublic(head.subarray(MAGIC.length, MAGIC.length + KEY_BYTES));
    const secret = messageKey(key, sender, sender, createPublicKey(key));
    const decipher = createDecipheriv("aes-256-gcm", secret, nonceOf(head));
    decipher.setAAD(head);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(headBytes, -TAG_BYTES)), decipher.final()]);
  } catch (error) {
    throw new InvalidInputError("the export is for another recovery key, or it was changed or cut", { cause: error });
  }
}

/** Derives the key of one message from the secret that both sides share; the public keys bind it to both. */
function messageKey(own: KeyObject, other: KeyObject, sender: KeyObject, recipient: KeyObject = other): Buffer {
  const shared = diffieHellman({ privateKey: own, publicKey: other });
  const salt = Buffer.concat([rawPublic(sender), rawPublic(recipient)]);
  return Buffer.from(hkdfSync("sha256", shared, salt, "lethe recovery", KEY_BYTES));
}

function nonceOf(head: Buffer): Buffer {
  return head.subarray(-NONCE_BYTES);
}

function rawPublic(key: KeyObject): Buffer {
  const { x = "" } = key.export({ format: "jwk" });
  return Buffer.from(x, "base64url");
}

function fromRawPublic(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x: raw.toString("base64url") }, format: "jwk" });
}

function readKey(text: string, read: (pem: string) => KeyObject): KeyObject {
  try {
    const key = read(text);
    if (key.asymmetricKeyType === "x25519") return key;
  } catch (error) {
    throw new ConfigurationError(WRONG_KEY, { cause: error });
  }
  throw new ConfigurationError(WRONG_KEY);
}

const WRONG_KEY =
  "the recovery key must be an X25519 key as PEM, as `lethe keys recovery` makes it; to export, its public part is enough, to reapply " +
  "it takes the private one";
