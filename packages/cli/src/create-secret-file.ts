import { randomUUID } from "node:crypto";
import { link, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";

/**
 * Puts a secret into a file that only its owner can read, unless the file is there: what is there is never replaced. Of several
 * at once one wins, and the file appears whole or not at all. Reports whether this call made it.
 */
export async function createSecretFile(file: string, secret: string | Uint8Array): Promise<boolean> {
  const unfinished = path.join(path.dirname(file), `.${path.basename(file)}-${randomUUID()}`);
  await writeFile(unfinished, secret, { mode: 0o600, flag: "wx", flush: true });
  try {
    await link(unfinished, file);
    return true;
  } catch (error) {
    if (!hasSystemCode(error, "EEXIST")) throw error;
    return false;
  } finally {
    await rm(unfinished);
  }
}
