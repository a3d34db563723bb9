import { constants } from "node:fs";
import { access, lstat, rename } from "node:fs/promises";
import { hasSystemCode, systemCode } from "@lethe/contracts/system-error";
import { moveAsCopy } from "./copy-across.js";
import type { ClaimOutcome } from "./storage.js";

/** Moves a file out of its sender's reach. Throws what concerns more than this one file. */
export async function claimFile(source: string, target: string): Promise<ClaimOutcome> {
  try {
    await rename(source, target);
    return "claimed";
  } catch (error) {
    if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR")) return "gone";
    if (!hasSystemCode(error, "EXDEV")) return refusalOf(error);
  }
  // A folder within landing may be a mount of its own.
  try {
    if (!(await lstat(source)).isFile()) return "gone";
    await moveAsCopy(source, target);
    return "claimed";
  } catch (error) {
    return hasSystemCode(error, "ENOENT") ? "gone" : refusalOf(error);
  }
}

const REFUSALS: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "EBUSY"]);

/**
 * Returns what an error says that came when folders were to be made below `folder`. Where that may not be written to, Node's
 * error for folders several levels deep says something else.
 */
export async function refusalBelow(folder: string, error: unknown): Promise<Exclude<ClaimOutcome, string>> {
  const cause = await access(folder, constants.W_OK).then(
    () => error,
    (reason: unknown) => reason,
  );
  return refusalOf(cause);
}

/** Returns what an error says of a file that the system does not let go. Throws any other error. */
function refusalOf(error: unknown): Exclude<ClaimOutcome, string> {
  const code = systemCode(error);
  if (code === undefined || !REFUSALS.has(code)) throw error;
  return { refusedWith: code };
}
