/** Something that the doctor has found. */
export interface Finding {
  /** An error keeps Lethe from working, or soon will; a warning somebody should know of. */
  readonly severity: "error" | "warning";
  /** Stable: scripts may rely on it. */
  readonly code: string;
  /** The server, folder, role or setting that it is about. */
  readonly where: string;
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

/**
 * Makes a finding of a sentence that says what is wrong and, behind the first colon, what to do, as the messages of Lethe's own errors
 * are written. `otherwise` is what to do where it says nothing of that.
 */
export function findingOf(
  severity: Finding["severity"],
  code: string,
  where: string,
  sentence: string,
  otherwise: string,
): Finding {
  const colon = sentence.indexOf(": ");
  if (colon === -1) return { severity, code, where, what: sentence, remedy: otherwise };
  return { severity, code, where, what: sentence.slice(0, colon), remedy: sentence.slice(colon + 2) };
}
