import { readFile } from "node:fs/promises";
import { InvalidInputError } from "@lethe/contracts/errors";
import { explainFileError } from "@lethe/contracts/file-errors";
import { systemCode } from "@lethe/contracts/system-error";
import { replaceFile } from "@lethe/storage/replace-file";

/** Reads a file that an option names. Throws InvalidInputError, which names both and says what to do. */
export async function readNamedFile(file: string, option: string): Promise<string> {
  return (await readNamedBytes(file, option)).toString("utf8");
}

/** Does what `readNamedFile` does for a file that is no text. */
export async function readNamedBytes(file: string, option: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new InvalidInputError(`${option}: ${file} ${problemOf(error, "read")}`, { cause: error });
  }
}

/** Writes a file that an option names; it appears whole or not at all. Throws InvalidInputError, which says what to do. */
export async function writeNamedFile(file: string, content: string | Uint8Array, option: string): Promise<void> {
  try {
    await replaceFile(file, content);
  } catch (error) {
    throw notWritten(file, error, option);
  }
}

/** Returns the error of a file that an option names and that could not be written. */
export function notWritten(file: string, error: unknown, option: string): InvalidInputError {
  return new InvalidInputError(`${option}: ${file} ${problemOf(error, "written")}`, { cause: error });
}

function problemOf(error: unknown, what: "read" | "written"): string {
  const code = systemCode(error);
  if (code === "ENOENT") {
    return what === "read"
      ? "is not there: name a file that is"
      : "cannot be written, since its folder is not there: create the folder, or name another file";
  }
  if (code === "EISDIR") return "is a folder: name a file";
  if (code === "EACCES" || code === "EPERM") {
    return `may not be ${what} by this user: change its permissions, or name another file`;
  }
  return (
    explainFileError(error)?.message ?? `cannot be ${what}${code === undefined ? "" : ` (${code})`}: name another file`
  );
}
