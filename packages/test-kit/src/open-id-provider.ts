import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What the provider does differently from a right one. */
export interface Misbehaviour {
  /** Claims in place of the right ones. */
  claims?: Record<string, unknown>;
  /** Signs with a key that it does not publish. */
  foreignKey?: boolean;
  /** Signs with nothing. */
  unsigned?: boolean;
  /** Sends people back with this error. */
  refusal?: string;
  /** What its token endpoint answers. */
  tokenStatus?: number;
}

export interface TestProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where it has sent people back to, newest last. */
  readonly sentBack: string[];
  /** How many codes were exchanged. */
  exchanged(): number;
  misbehave(how: Misbehaviour): void;
  /** Ends the server; the address answers nobody any more. */
  stop(): Promise<void>;
}

const CLIENT_ID = "lethe";
const CLIENT_SECRET = "a-secret-of-the-client";

// Made once, since that takes long.
const own = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const foreign = generateKeyPairSync("rsa", { modulusLength: 2_048 });

interface Begun {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly nonce: string;
}

/** Starts a provider of OpenID Connect, which lets everybody in at once as the same person. */
export async function startProvider(host = "127.0.0.1"): Promise<TestProvider> {
  const codes = new Map<string, Begun>();
  const sentBack: string[] = [];
  let misbehaviour: Misbehaviour = {};
  let exchanged = 0;
  let issuer = "";

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const redirectUri = query.get("redirect_uri") ?? "";
    const back = new URL(redirectUri);
    back.searchParams.set("state", query.get("state") ?? "");
    if (misbehaviour.refusal === undefined) {
      const code = randomBytes(16).toString("hex");
      codes.set(code, {
        challenge: query.get("code_challenge") ?? "",
        redirectUri,
        nonce: query.get("nonce") ?? "",
      });
      back.searchParams.set("code", code);
    } else {
      back.searchParams.set("error", misbehaviour.refusal);
      back.searchParams.set("error_description", "jane.doe@example.org may not");
    }
    sentBack.push(back.href);
    response.writeHead(302, { location: back.href }).end();
  }

  async function exchange(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const begun = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const isClient = form.get("client_id") === CLIENT_ID && form.get("client_secret") === CLIENT_SECRET;
    if (misbehaviour.tokenStatus !== undefined) return json(response, misbehaviour.tokenStatus, {});
    if (
      begun === undefined ||
      !isClient ||
      challenge !== begun.challenge ||
      form.get("redirect_uri") !== begun.redirectUri
    ) {
      return json(response, 400, { error: "invalid_grant" });
    }
    exchanged += 1;
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: issuer,
      aud: CLIENT_ID,
      sub: "person-7",
      nonce: begun.nonce,
      iat: now,
      exp: now + 300,
      ...misbehaviour.claims,
    };
    json(response, 200, { access_token: "an-access-token", token_type: "Bearer", id_token: idToken(claims) });
  }

  function idToken(claims: object): string {
    const header = { alg: misbehaviour.unsigned === true ? "none" : "RS256", kid: "1" };
    const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
    if (misbehaviour.unsigned === true) return `${content}.`;
    const { privateKey } = misbehaviour.foreignKey === true ? foreign : own;
    return `${content}.${sign("sha256", Buffer.from(content), privateKey).toString("base64url")}`;
  }

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", issuer);
    if (pathname === "/.well-known/openid-configuration") {
      return json(response, 200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        code_challenge_methods_supported: ["S256"],
      });
    }
    if (pathname === "/jwks") {
      return json(response, 200, {
        keys: [{ ...own.publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" }],
      });
    }
    if (pathname === "/authorize") return authorize(searchParams, response);
    if (pathname === "/token") return void exchange(request, response);
    json(response, 404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://${host}:${(server.address() as AddressInfo).port}`;

  return {
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    sentBack,
    exchanged: () => exchanged,
    misbehave: (how) => {
      misbehaviour = how;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
