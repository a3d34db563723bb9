import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { ByteSource } from "@lethe/input-files/line-chunk";
import type { Keyring } from "@lethe/privacy/privacy-key";
import { seal, unseal } from "@lethe/privacy/seal";
import { inErasureTransaction } from "@lethe/warehouse/erasures/erasure-fence";
import { createFileKey, destroyKeys, readFileKey } from "@lethe/warehouse/erasures/file-keys";
import type { Pool } from "@lethe/warehouse/pool";
import type { ErasureContext, HeldErasureContext } from "./context.js";
import type { PersonFile } from "./person-files.js";

const PURPOSE = "file key";
const MARK = Buffer.from("LETHE SEALED 1\n");
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts a quarantined file that no erasure can search, under a key of its own (AES-256-GCM). Until an erasure destroys the
 * key, `openSealedFile` gives the file back. A file that is sealed already stays as it is.
 */
export async function sealFile(
  { pool, ring, storage }: Pick<ErasureContext, "pool" | "ring" | "storage">,
  fileId: number,
  key: string,
): Promise<void> {
  const stored = await storage.open("quarantined", key);
  if (stored === undefined) return;
  try {
    if (await isSealed(stored.bytes())) return;
    const secret = randomBytes(KEY_BYTES);
    // The key comes first: after a crash the file is in plain still, and is sealed under the key that is kept then.
    const kept = await createFileKey(pool, fileId, seal(ring.current, PURPOSE, secret.toString("hex")));
    const used = Buffer.from(unseal(ring, PURPOSE, kept), "hex");
    const written = await storage.write("quarantined", key, encrypted(stored.bytes(), used), { replaces: stored });
    await written.commit();
  } finally {
    await stored.close();
  }
}

/** Returns a sealed file's bytes; undefined if it is not there, is not sealed, or its key was destroyed. */
export async function openSealedFile(
  { pool, ring, storage }: { readonly pool: Pool; readonly ring: Keyring; readonly storage: ErasureContext["storage"] },
  fileId: number,
): Promise<Buffer | undefined> {
  const file = await readFileKey(pool, fileId);
  if (file?.sealed === null || file === undefined) return undefined;
  const stored = await storage.read("quarantined", file.keptPath);
  if (stored === undefined || !stored.subarray(0, MARK.length).equals(MARK)) return undefined;
  const body = stored.subarray(MARK.length);
  const secret = Buffer.from(unseal(ring, PURPOSE, file.sealed), "hex");
  const decipher = createDecipheriv("aes-256-gcm", secret, body.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  return Buffer.concat([decipher.update(body.subarray(NONCE_BYTES, body.length - TAG_BYTES)), decipher.final()]);
}

/**
 * Destroys the keys of sealed files, and removes what is left of the files: nobody can say whom they hold, so no erasure may
 * leave them. Returns how many.
 */
export async function destroyFileKeys(
  { pool, fence, storage }: Pick<HeldErasureContext, "pool" | "fence" | "storage">,
  files: readonly PersonFile[],
): Promise<number> {
  const sealed = files.filter(({ isSealed, place }) => isSealed && place === "quarantined_data");
  const fileIds = sealed.flatMap((file) => file.fileIds);
  const destroyed = await inErasureTransaction(pool, fence, (client) => destroyKeys(client, fileIds));
  await storage.remove(
    "quarantined",
    sealed.map(({ path }) => path),
  );
  return destroyed;
}

async function isSealed(bytes: ByteSource): Promise<boolean> {
  let head = Buffer.alloc(0);
  for await (const piece of bytes) {
    head = Buffer.concat([head, piece.subarray(0, MARK.length)]);
    if (head.length >= MARK.length) break;
  }
  return head.subarray(0, MARK.length).equals(MARK);
}

async function* encrypted(bytes: ByteSource, secret: Buffer): AsyncGenerator<Buffer> {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", secret, nonce);
  yield Buffer.concat([MARK, nonce]);
  for await (const piece of bytes) yield cipher.update(piece);
  yield cipher.final();
  yield cipher.getAuthTag();
}
