import Type, { type Static } from "typebox";

/** What the holder of an API token may do. */
export const ROLES = ["viewer", "operator", "privacy-officer", "admin"] as const;
export type Role = (typeof ROLES)[number];

export const RoleSchema = Type.Enum(ROLES);

/** What each role is for, for help texts and pages. */
export const ROLE_MEANINGS: Readonly<Record<Role, string>> = {
  viewer: "reads runs, schedules, quarantine lists, erasures, receipts and figures; nothing of it is personal data",
  operator: "does what a viewer does, and starts, cancels and retries runs, replays records and changes schedules",
  "privacy-officer":
    "does what a viewer does, and asks for, decides on, extends and lifts erasures, and exports, restricts and releases people",
  admin: "does everything",
};

/** Reports whether somebody of this role may do what `needed` may do. An operator and a privacy officer are both viewers. */
export function mayAct(role: Role, needed: Role): boolean {
  return role === "admin" || role === needed || needed === "viewer";
}

/** Whoever asks for something: by the name that the database records with decisions. */
export interface Caller {
  /** A token's name, `OPEN_ID_PREFIX` and a pseudonym, or one of `UNNAMED_CALLERS`. It is never the name of a user of the machine. */
  readonly name: string;
  readonly role: Role;
}

/**
 * The callers who show no named token: `local` asks on loopback where none is needed, `LETHE_API_TOKEN` shows the one of that
 * setting, and `command-line` uses the command without a named token.
 */
export const UNNAMED_CALLERS = {
  local: { name: "local", role: "admin" },
  settingsToken: { name: "LETHE_API_TOKEN", role: "admin" },
  commandLine: { name: "command-line", role: "admin" },
} as const satisfies Readonly<Record<string, Caller>>;

/** How the recorded name of somebody begins who signed in by OpenID Connect; no token's name has a colon. */
export const OPEN_ID_PREFIX = "oidc:";

/** The form of a token's name. The name is shown and recorded, so it should say a task, such as `support-desk`. */
export const TOKEN_NAME_PATTERN = "^[a-z0-9]+(-[a-z0-9]+)*$";
export const MAX_TOKEN_NAME = 64;

/** An API token in a list: everything but the token itself, of which only a hash is kept. */
export const ApiTokenSchema = Type.Object({
  name: Type.String(),
  role: RoleSchema,
  createdAt: Type.String({ format: "date-time" }),
  revokedAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
});
export type ApiToken = Static<typeof ApiTokenSchema>;
