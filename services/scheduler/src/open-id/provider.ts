import { isLoopback } from "@lethe/service-kit/loopback-host";
import * as client from "openid-client";
import type { OpenIdSettings } from "./open-id-settings.js";

const ANSWER_SECONDS = 5;
/** How long what the provider says of itself is believed. */
const FRESH_MS = 3_600_000;

/** What ties the answer of a provider to the browser that asked for it. */
export interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** An OpenID Connect provider; errors are those of `openid-client` and `fetch`. */
export interface Provider {
  /** Returns where to send somebody who signs in, and what to check the answer with. */
  begin(): Promise<{ readonly address: URL; readonly attempt: Attempt }>;
  /** Exchanges the code that an answer brought, and returns the checked claims of the ID token. */
  finish(answer: URLSearchParams, attempt: Attempt): Promise<client.IDToken>;
}

/** Creates a client of the provider, which is asked about itself when somebody first signs in. */
export function createProvider({ issuer, clientId, clientSecret, callback, scopes }: OpenIdSettings): Provider {
  let known: { readonly discovered: Promise<client.Configuration>; readonly until: number } | undefined;

  function discover(): Promise<client.Configuration> {
    if (known !== undefined && Date.now() < known.until) return known.discovered;
    const discovered = client.discovery(issuer, clientId, undefined, clientAuthentication(clientSecret), {
      timeout: ANSWER_SECONDS,
      // The signature is checked though the token comes from the provider itself: a proxy between may see into TLS.
      execute: [client.enableNonRepudiationChecks, ...(isLoopback(issuer.hostname) ? ALLOW_HTTP : [])],
    });
    const own = { discovered, until: Date.now() + FRESH_MS };
    known = own;
    discovered.catch(() => {
      if (known === own) known = undefined;
    });
    return discovered;
  }

  return {
    async begin() {
      const configuration = await discover();
      const attempt = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const address = client.buildAuthorizationUrl(configuration, {
        redirect_uri: callback.href,
        scope: scopes,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: "S256",
      });
      return { address, attempt };
    },

    async finish(answer, { state, nonce, verifier }) {
      const address = new URL(callback);
      address.search = answer.toString();
      const tokens = await client.authorizationCodeGrant(await discover(), address, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new TypeError("the provider sent no ID token");
      return claims;
    },
  };
}

function clientAuthentication(secret: string | undefined): client.ClientAuth {
  return secret === undefined ? client.None() : client.ClientSecretPost(secret);
}

/** For a provider on this machine alone: the settings allow no other one without TLS. */
const ALLOW_HTTP = [client.allowInsecureRequests];
