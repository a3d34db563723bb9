import { randomBytes } from "node:crypto";
import path from "node:path";
import { createSecretFile } from "../create-secret-file.js";

const KEY_BYTES = 32;

/**
 * Returns the path of a data folder's own privacy key. The key is created once, at random, and only its owner can
 * read it. It is never replaced: without the same key, the suppression list would no longer recognise its people.
 */
export async function ensurePrivacyKey(dataDirectory: string): Promise<string> {
  const file = ownKeyFile(dataDirectory);
  await createSecretFile(file, `${randomBytes(KEY_BYTES).toString("hex")}\n`);
  return file;
}

/** Returns the path of the key that a data folder has when the settings name none. */
export function ownKeyFile(dataDirectory: string): string {
  return path.join(dataDirectory, "privacy.key");
}
