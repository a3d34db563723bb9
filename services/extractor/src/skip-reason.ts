import { PathRefusedError } from "@lethe/contracts/errors";
import type { NoticeCode } from "@lethe/contracts/runs";
import { hasSystemCode, systemCode } from "@lethe/contracts/system-error";

/**
 * Returns the notice that names a file when an error from opening it concerns this one file alone, so that the others go on.
 * Undefined for any other error.
 */
export function skipReason(error: unknown): NoticeCode | undefined {
  if (error instanceof PathRefusedError) return "path_refused";
  return hasSystemCode(error, "EACCES") || hasSystemCode(error, "EPERM") ? "file_forbidden" : undefined;
}

/**
 * Returns the notice that names a file when it could not be read to its end for a reason of its own, or of its part of the disk.
 * Undefined for an error that all files have.
 */
export function readFailure(error: unknown): NoticeCode | undefined {
  return skipReason(error) ?? (READ_FAILURES.has(systemCode(error) ?? "") ? "file_failed" : undefined);
}

const READ_FAILURES: ReadonlySet<string> = new Set(["EIO", "ELOOP", "ENAMETOOLONG", "EISDIR", "ESTALE", "EBADMSG"]);
