import { type Caller, UNNAMED_CALLERS } from "@lethe/contracts/roles";
import { API_TOKEN_PATTERN } from "@lethe/service-kit/settings";
import { matchesSecret } from "@lethe/service-kit/shown-secret";
import { findCaller, isNamedToken } from "@lethe/warehouse/access/api-tokens";
import type { Queryable } from "@lethe/warehouse/pool";
import { limitLookUps } from "./look-ups.js";

/** Who shows a token, undefined for one that opens no door; or how to find out, where that has to be waited for. */
export type Identity = { readonly found: Caller | undefined } | { readonly lookUp: () => Promise<Caller | undefined> };

export type IdentifyCaller = (shown: string) => Identity;

/**
 * Creates the check of tokens. `token` is that of the settings, which is an admin's and needs no database. Those of the form of named
 * tokens are looked up there within `answerMs`, so that one is shut out when it is revoked.
 */
export function createTokenCheck(token: string | undefined, db: Queryable, answerMs: number): IdentifyCaller {
  const isOfSettings = token === undefined ? () => false : matchesSecret(token);
  const findNamed = limitLookUps((shown: string) => findCaller(db, shown), answerMs);
  return (shown) => {
    if (!SPELLING.test(shown)) return { found: undefined };
    if (!isNamedToken(shown)) return { found: isOfSettings(shown) ? UNNAMED_CALLERS.settingsToken : undefined };
    return { lookUp: async () => (isOfSettings(shown) ? UNNAMED_CALLERS.settingsToken : findNamed(shown)) };
  };
}

/**
 * Returns the token that an `Authorization` header shows: as `Bearer <token>`, or as the password of `Basic` under any user name.
 * Undefined for a header of another form.
 */
export function shownToken(authorization: string): string | undefined {
  const [, scheme, credentials] = /^(bearer|basic) +(\S+)$/i.exec(authorization) ?? [];
  if (scheme === undefined || credentials === undefined) return undefined;
  return scheme.toLowerCase() === "bearer" ? credentials : passwordOf(credentials);
}

/** What the settings take as a token, too: proxies and clients change blanks and what is not ASCII. */
const SPELLING = new RegExp(API_TOKEN_PATTERN);

function passwordOf(credentials: string): string | undefined {
  // Node would leave out what is not base64.
  if (!/^[\w+/-]+=*$/.test(credentials)) return undefined;
  const userAndPassword = Buffer.from(credentials, "base64").toString("utf8");
  const colon = userAndPassword.indexOf(":");
  return colon === -1 ? undefined : userAndPassword.slice(colon + 1);
}
