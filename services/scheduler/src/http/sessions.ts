import { randomBytes } from "node:crypto";
import type { Caller } from "@lethe/contracts/roles";
import type { IdentifyCaller } from "./access-token.js";
import type { Door } from "./callers.js";
import { createSeal } from "./sealed.js";
import { SESSION_SECONDS } from "./session-cookie.js";

/**
 * Creates what seals and opens sessions. That of a token holds the token, sealed, so that it is over when the token is revoked, and is no
 * token itself: whoever reads the cookie, such as another server on the same host, has no more than a session that ends.
 * `openOther` opens those of another way to sign in.
 */
export function createSessions(
  key: Buffer,
  identify: IdentifyCaller,
  openOther: (session: string) => Caller | undefined,
): Pick<Door, "openSession" | "sealToken"> {
  const sessions = createSeal(key, "token session", SESSION_SECONDS);
  return {
    sealToken: sessions.seal,
    openSession(session) {
      const token = sessions.open(session);
      return token === undefined ? { found: openOther(session) } : identify(token);
    },
  };
}

/**
 * Returns the key of sessions: the same for all schedulers with the same settings. Without any setting only this process opens what it
 * has sealed.
 */
export function sessionKeyOf({
  sessionKey,
  token,
}: {
  readonly sessionKey: Buffer | undefined;
  readonly token: string | undefined;
}): Buffer {
  return sessionKey ?? (token === undefined ? randomBytes(32) : Buffer.from(token));
}
