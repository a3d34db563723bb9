import { createHash, timingSafeEqual } from "node:crypto";

/** Reports whether an `Authorization` header opens the door. */
export type TokenCheck = (authorization: string | undefined) => boolean;

/** What a 401 tells the caller to show; browsers ask for a password because of `Basic`. */
export const CHALLENGE = ['Basic realm="Lethe", charset="UTF-8"', 'Bearer realm="Lethe"'];

/**
 * Creates the check for a token: it may come as `Bearer <token>`, or as the password of `Basic` under any user name.
 * Hashes of equal length are compared in constant time, so that an answer's delay tells nothing about the token.
 */
export function createTokenCheck(token: string): TokenCheck {
  const expected = digest(token);
  return (authorization) => {
    const shown = shownToken(authorization ?? "");
    return shown !== undefined && timingSafeEqual(digest(shown), expected);
  };
}

function shownToken(authorization: string): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme === undefined || credentials === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return credentials;
  const userAndPassword = Buffer.from(credentials, "base64").toString("utf8");
  const colon = userAndPassword.indexOf(":");
  return colon === -1 ? undefined : userAndPassword.slice(colon + 1);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
