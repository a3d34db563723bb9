import { PathRefusedError } from "@lethe/contracts/errors";
import type { NoticeCode } from "@lethe/contracts/runs";
import { hasSystemCode } from "@lethe/contracts/system-error";

/**
 * Returns the notice that names a file when an error from opening it concerns this one file alone, so that the others go on.
 * Undefined for any other error.
 */
export function skipReason(error: unknown): NoticeCode | undefined {
  if (error instanceof PathRefusedError) return "path_refused";
  return hasSystemCode(error, "EACCES") || hasSystemCode(error, "EPERM") ? "file_forbidden" : undefined;
}
