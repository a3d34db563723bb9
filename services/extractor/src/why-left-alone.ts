import { PathRefusedError } from "@lethe/contracts/errors";
import type { NoticeCode } from "@lethe/contracts/runs";

/**
 * Tells of an error from opening a file whether it concerns this one file alone, so that the others go on: the notice
 * that names it, or `gone` for a file that somebody took away since landing was looked through. Undefined for any other.
 */
export function whyLeftAlone(error: unknown): NoticeCode | "gone" | undefined {
  if (error instanceof PathRefusedError) return "path_refused";
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES" || code === "EPERM") return "file_forbidden";
  return code === "ENOENT" ? "gone" : undefined;
}
