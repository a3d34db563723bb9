import path from "node:path";
import { createSigningKey } from "@lethe/privacy/signing-key";
import { createSecretFile } from "../create-secret-file.js";

/**
 * Returns the path of a data folder's own signing key. The key is created once, at random, only its owner can read it, and it
 * is never replaced.
 */
export async function ensureSigningKey(dataDirectory: string): Promise<string> {
  const file = ownSigningKeyFile(dataDirectory);
  await createSecretFile(file, createSigningKey());
  return file;
}

/** Returns the path of the signing key that a data folder has when the settings name none. */
export function ownSigningKeyFile(dataDirectory: string): string {
  return path.join(dataDirectory, "signing.key");
}
