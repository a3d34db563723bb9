import { createHash, timingSafeEqual } from "node:crypto";
import { type Caller, UNNAMED_CALLERS } from "@lethe/contracts/roles";
import { findCaller } from "@lethe/warehouse/access/api-tokens";
import type { Queryable } from "@lethe/warehouse/pool";

/** Returns who shows this `Authorization` header; undefined for one that opens no door. */
export type IdentifyCaller = (authorization: string) => Promise<Caller | undefined>;

/** What a 401 tells the caller to show; browsers ask for a password because of `Basic`. */
export const CHALLENGE = ['Basic realm="Lethe", charset="UTF-8"', 'Bearer realm="Lethe"'];

/**
 * Creates the check of tokens: one may come as `Bearer <token>`, or as the password of `Basic` under any user name. `token` is
 * that of the settings, which is an admin's and needs no database; all others are looked up there, so that one is shut out
 * when it is revoked. Hashes of equal length are compared in constant time, so that an answer's delay tells nothing about
 * a token.
 */
export function createTokenCheck(token: string | undefined, db: Queryable): IdentifyCaller {
  const expected = token === undefined ? undefined : digest(token);
  return async (authorization) => {
    const shown = shownToken(authorization);
    if (shown === undefined) return undefined;
    if (expected !== undefined && timingSafeEqual(digest(shown), expected)) return UNNAMED_CALLERS.settingsToken;
    return findCaller(db, shown);
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
