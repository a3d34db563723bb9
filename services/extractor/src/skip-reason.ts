import { PathRefusedError } from "@lethe/contracts/errors";
import type { NoticeCode } from "@lethe/contracts/runs";
import { hasSystemCode } from "@lethe/contracts/system-error";

/**
 * Tells of an error from opening a file whether it concerns this one file alone, so that the others go on: the notice
 * that names it, or `gone` for a file that somebody took away since landing was looked through. Undefined for any other.
 */
export function skipReason(error: unknown): NoticeCode | "gone" | undefined {
  if (error instanceof PathRefusedError) return "path_refused";
  if (hasSystemCode(error, "EACCES") || hasSystemCode(error, "EPERM")) return "file_forbidden";
  return hasSystemCode(error, "ENOENT") ? "gone" : undefined;
}
