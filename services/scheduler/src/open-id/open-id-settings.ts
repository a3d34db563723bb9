import { ConfigurationError } from "@lethe/contracts/errors";
import { isLoopback } from "@lethe/service-kit/loopback-host";
import Type, { type Static } from "typebox";
import { parseRoleMap, type RoleMap } from "./claimed-role.js";

/** The settings of signing in by OpenID Connect. */
export const OPEN_ID_SETTINGS = {
  LETHE_OIDC_ISSUER: Type.Optional(
    Type.String({
      pattern: "^https?://",
      description:
        "Issuer of an OpenID Connect provider that people sign in to the console with; needs LETHE_OIDC_CLIENT_ID, LETHE_OIDC_REDIRECT_URL, LETHE_OIDC_ROLES and LETHE_SESSION_KEY",
    }),
  ),
  LETHE_OIDC_CLIENT_ID: Type.Optional(Type.String({ description: "Client id of Lethe at LETHE_OIDC_ISSUER" })),
  LETHE_OIDC_CLIENT_SECRET: Type.Optional(
    Type.String({ description: "Client secret of LETHE_OIDC_CLIENT_ID; a public client has none" }),
  ),
  LETHE_OIDC_REDIRECT_URL: Type.Optional(
    Type.String({
      pattern: "^https?://",
      description:
        "Address of the console as browsers see it, such as https://lethe.example.org; register it with /session/oidc/callback behind it at the provider",
    }),
  ),
  LETHE_OIDC_SCOPES: Type.String({
    default: "openid",
    pattern: "^([!-~]+ )*openid( [!-~]+)*$",
    description: "Scopes to ask LETHE_OIDC_ISSUER for, with blanks between; openid must be among them",
  }),
  LETHE_OIDC_ROLE_CLAIM: Type.String({
    default: "roles",
    description: "Claim of the ID token that holds a person's groups or roles; a path with dots leads into a claim",
  }),
  LETHE_OIDC_ROLES: Type.Optional(
    Type.String({
      description:
        "Which value of LETHE_OIDC_ROLE_CLAIM has which role in Lethe, such as lethe-admins=admin,support=privacy-officer; the first that applies counts",
    }),
  ),
  LETHE_OIDC_NAME: Type.String({
    default: "single sign-on",
    maxLength: 60,
    description: "What people call LETHE_OIDC_ISSUER; it stands on the button",
  }),
  LETHE_SESSION_KEY: Type.Optional(
    Type.String({
      description:
        "Key that seals the sessions of those who sign in to the console: 32 bytes or more as hexadecimal digits; another key signs everybody out; LETHE_API_TOKEN seals those of tokens where it is not set",
    }),
  ),
} as const;

const OpenIdSettingsSchema = Type.Object(OPEN_ID_SETTINGS);

/** What is needed to sign people in at a provider. */
export interface OpenIdSettings {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** Where the provider sends people back to. */
  readonly callback: URL;
  readonly scopes: string;
  readonly roleClaim: string;
  readonly roles: RoleMap;
  readonly name: string;
  readonly sessionKey: Buffer;
}

/** Returns the provider's settings; undefined where none is set. Throws ConfigurationError for a part of them, or a wrong one. */
export function readOpenIdSettings(settings: Static<typeof OpenIdSettingsSchema>): OpenIdSettings | undefined {
  const {
    LETHE_OIDC_ISSUER: issuer,
    LETHE_OIDC_CLIENT_ID: clientId,
    LETHE_OIDC_REDIRECT_URL: console,
    LETHE_OIDC_ROLES: roles,
    LETHE_SESSION_KEY: sessionKey,
  } = settings;
  const needed = {
    LETHE_OIDC_ISSUER: issuer,
    LETHE_OIDC_CLIENT_ID: clientId,
    LETHE_OIDC_REDIRECT_URL: console,
    LETHE_OIDC_ROLES: roles,
  };
  // The key alone is no harm: it may be set for all installations alike.
  if (Object.values(needed).every((value) => value === undefined)) return undefined;
  const missing = Object.entries({ ...needed, LETHE_SESSION_KEY: sessionKey }).filter(
    ([, value]) => value === undefined,
  );
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(", ");
    throw new ConfigurationError(`signing in by OpenID Connect also needs ${names}; set them, or none of LETHE_OIDC_*`);
  }
  return {
    issuer: parseUrl("LETHE_OIDC_ISSUER", issuer ?? ""),
    clientId: clientId ?? "",
    clientSecret: settings.LETHE_OIDC_CLIENT_SECRET,
    callback: new URL("/session/oidc/callback", parseOrigin(console ?? "")),
    scopes: settings.LETHE_OIDC_SCOPES,
    roleClaim: settings.LETHE_OIDC_ROLE_CLAIM,
    roles: parseRoleMap(roles ?? ""),
    name: settings.LETHE_OIDC_NAME,
    sessionKey: parseKey(sessionKey ?? ""),
  };
}

/** Returns the key that seals sessions; undefined where none is set. Throws ConfigurationError for a wrong one. */
export function readSessionKey({
  LETHE_SESSION_KEY: key,
}: Pick<Static<typeof OpenIdSettingsSchema>, "LETHE_SESSION_KEY">): Buffer | undefined {
  return key === undefined ? undefined : parseKey(key);
}

function parseUrl(setting: string, text: string): URL {
  if (!URL.canParse(text)) throw new ConfigurationError(`${setting} is no URL`);
  const url = new URL(text);
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) {
    throw new ConfigurationError(
      `${setting} must begin with https://, but for a loopback address: codes and tokens go there`,
    );
  }
  return url;
}

function parseOrigin(text: string): URL {
  const url = parseUrl("LETHE_OIDC_REDIRECT_URL", text);
  if (url.href !== `${url.origin}/`) {
    throw new ConfigurationError(
      "LETHE_OIDC_REDIRECT_URL must be scheme, host and port alone, without a path behind them",
    );
  }
  return url;
}

function parseKey(text: string): Buffer {
  if (!/^(?:[0-9a-f]{2}){32,}$/i.test(text)) {
    throw new ConfigurationError(
      "LETHE_SESSION_KEY must be 32 bytes or more as hexadecimal digits; `openssl rand -hex 32` makes one",
    );
  }
  return Buffer.from(text, "hex");
}
