import { createHash, createHmac, hkdfSync } from "node:crypto";
import { type Caller, OPEN_ID_PREFIX } from "@lethe/contracts/roles";
import type { SignInFailure } from "@lethe/contracts/sign-in-failures";
import type { Logger } from "@lethe/service-kit/logger";
import { AuthorizationResponseError, ClientError } from "openid-client";
import { createSeal } from "../http/sealed.js";
import { SESSION_SECONDS } from "../http/session-cookie.js";
import { claimedRole } from "./claimed-role.js";
import type { OpenIdSettings } from "./open-id-settings.js";
import { type Attempt, createProvider } from "./provider.js";

/** How long somebody may take to sign in at the provider. */
export const ATTEMPT_SECONDS = 10 * 60;

type Failed = { readonly failure: SignInFailure };

/** Signs people in at a provider of OpenID Connect. */
export interface OpenId {
  /** What people call the provider. */
  readonly name: string;
  /** Whether browsers reach the console by https. */
  readonly isSecure: boolean;
  /** Returns where to send somebody, and what their browser keeps meanwhile. */
  begin(): Promise<{ readonly address: string; readonly attempt: string } | Failed>;
  /** Takes the provider's answer, and returns the session; `attempt` is what the browser kept. */
  finish(
    answer: URLSearchParams,
    attempt: string | undefined,
  ): Promise<{ readonly session: string; readonly caller: Caller } | Failed>;
  /** Returns whose session this is; undefined for none that was sealed here, or one that is over. */
  open(session: string): Caller | undefined;
}

/**
 * Creates the sign-in. A session is sealed and held by the browser alone. It ends when it is over, and all end when the key, the
 * provider or the roles in the settings change.
 */
export function createOpenId(settings: OpenIdSettings, log: Logger): OpenId {
  const { issuer, clientId, callback, roleClaim, roles, sessionKey } = settings;
  const provider = createProvider(settings);
  const promised = createHash("sha256")
    .update(JSON.stringify([issuer.href, clientId, roleClaim, [...roles]]))
    .digest("hex");
  const sessions = createSeal(sessionKey, `session ${promised}`, SESSION_SECONDS);
  const attempts = createSeal(sessionKey, "attempt", ATTEMPT_SECONDS);
  const nameKey = Buffer.from(hkdfSync("sha256", sessionKey, "", "lethe names", 32));

  function failed(failure: SignInFailure, error?: unknown): Failed {
    // No message: it may quote what the provider said of the person.
    log.warn({ failure, cause: codeOf(error) }, "somebody could not sign in by OpenID Connect");
    return { failure };
  }

  return {
    name: settings.name,
    isSecure: callback.protocol === "https:",

    async begin() {
      try {
        const { address, attempt } = await provider.begin();
        return { address: address.href, attempt: attempts.seal(JSON.stringify(attempt)) };
      } catch (error) {
        return failed("provider_unavailable", error);
      }
    },

    async finish(answer, sealed) {
      const opened = sealed === undefined ? undefined : attempts.open(sealed);
      if (opened === undefined) return failed("state_invalid");
      const attempt: Attempt = JSON.parse(opened);
      // Looked at first, so that an error that somebody else made up for this browser counts as what it is.
      if (answer.get("state") !== attempt.state) return failed("state_invalid");
      try {
        const claims = await provider.finish(answer, attempt);
        const role = claimedRole(claims, roleClaim, roles);
        if (role === undefined) return failed("role_missing");
        const caller = { name: recordedName(nameKey, claims.iss, claims.sub), role };
        return { session: sessions.seal(JSON.stringify(caller)), caller };
      } catch (error) {
        return failed(failureOf(error), error);
      }
    },

    open(session) {
      const opened = sessions.open(session);
      return opened === undefined ? undefined : (JSON.parse(opened) as Caller);
    },
  };
}

/**
 * Returns the name that is recorded for a person: always the same, of nobody else, and not chosen by anybody. What a provider calls a
 * person may change, and is often an address; receipts and logs must not hold it.
 */
function recordedName(key: Buffer, issuer: string, subject: string): string {
  const mac = createHmac("sha256", key)
    .update(JSON.stringify([issuer, subject]))
    .digest("hex");
  return `${OPEN_ID_PREFIX}${mac.slice(0, 16)}`;
}

function failureOf(error: unknown): SignInFailure {
  if (error instanceof AuthorizationResponseError) return "provider_refused";
  return isUnanswered(error) ? "provider_unavailable" : "answer_invalid";
}

const UNANSWERED = new Set(["OAUTH_TIMEOUT", "OAUTH_ABORT"]);

function isUnanswered(error: unknown): boolean {
  if (error instanceof ClientError) return UNANSWERED.has(error.code ?? "") || isServerError(error.cause);
  // What `fetch` throws where nobody listens.
  return error instanceof TypeError && error.message === "fetch failed";
}

function isServerError(cause: unknown): boolean {
  return cause instanceof Response && cause.status >= 500;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
