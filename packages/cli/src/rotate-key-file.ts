import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { ConfigurationError, LetheError } from "@lethe/contracts/errors";
import { formatKeyring, type Keyring, parseKeyring, rotateKeyring } from "@lethe/privacy/privacy-key";

const KEY_BYTES = 32;

/** Puts a new random privacy key on top of a key file and returns the ring as it then is; see `rotateSecretFile`. */
export async function rotateKeyFile(file: string): Promise<Keyring> {
  const text = await rotateSecretFile(file, (old) =>
    formatKeyring(rotateKeyring(parseKeyring(old), randomBytes(KEY_BYTES))),
  );
  return parseKeyring(text);
}

/**
 * Replaces the text of a key file by what `rotate` makes of it, and returns the new text. The new file takes the old one's
 * place in one step, is readable by the old one's owner only, and is on disk before this returns. Throws
 * ConfigurationError when the file cannot be read or written, or another rotation is under way.
 */
export async function rotateSecretFile(file: string, rotate: (text: string) => string): Promise<string> {
  const target = await explained(realpath(file), `the key file ${file} cannot be read`);
  const unfinished = `${target}.rotating`;
  // Its name is a lock too: of two rotations at once, one would lose the other's key.
  const handle = await explained(
    open(unfinished, "wx", 0o600),
    `the new key cannot be written to ${unfinished}; when it is there and no other rotation runs, remove it`,
  );
  let text: string;
  try {
    text = rotate(await readFile(target, "utf8"));
    await writeLike(handle, target, text);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    if (error instanceof LetheError) throw error;
    throw new ConfigurationError(`the key file ${file} could not be rotated; it is as it was`, { cause: error });
  } finally {
    await handle.close();
  }
  await syncFolder(path.dirname(target));
  return text;
}

async function writeLike(handle: FileHandle, model: string, content: string): Promise<void> {
  const { uid, gid } = await stat(model);
  const own = await handle.stat();
  // Whoever runs this may be another user than the services, which must go on reading it.
  if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid);
  await handle.chmod(0o600);
  await handle.writeFile(content);
  await handle.sync();
}

/** A rename is on disk when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function explained<T>(work: Promise<T>, complaint: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new ConfigurationError(complaint, { cause: error });
  }
}
