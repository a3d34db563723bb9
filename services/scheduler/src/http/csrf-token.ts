import { createHmac } from "node:crypto";
import { matchesSecret } from "@lethe/service-kit/shown-secret";

/**
 * Returns what a page of the console shows with each change, so that a request that a browser made by itself, with the cookie alone,
 * changes nothing. It follows from the session, so that nothing has to be kept; the session does not follow from it.
 */
export function csrfTokenOf(session: string): string {
  return createHmac("sha256", session).update("lethe csrf token").digest("base64url");
}

/** Reports, in constant time, whether what a request shows is the token of its session. */
export function isCsrfToken(session: string, shown: unknown): boolean {
  return typeof shown === "string" && matchesSecret(csrfTokenOf(session))(shown);
}
