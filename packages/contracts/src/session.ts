import Type, { type Static } from "typebox";
import { RoleSchema } from "./roles.js";

/** The cookie that the console's session is held in; scripts cannot read it. */
export const SESSION_COOKIE = "lethe_session";

/** Its name by https: browsers take such a one by https alone, for all paths of this very host. */
export const SECURE_SESSION_COOKIE = "__Host-lethe_session";

/** The header that a change must carry where the session's cookie lets its caller in. */
export const CSRF_HEADER = "x-csrf-token";

/** The most characters of a token that somebody signs in with. */
export const MAX_TOKEN_LENGTH = 1_024;

/** Who asks, and what the console needs to ask for more. */
export const SessionSchema = Type.Object(
  {
    caller: Type.Union([Type.Object({ name: Type.String(), role: RoleSchema }), Type.Null()], {
      description: "Null for somebody who is not signed in.",
    }),
    csrfToken: Type.Union([Type.String(), Type.Null()], {
      description: "What a change must carry as `x-csrf-token`; null where no cookie lets the caller in.",
    }),
    problem: Type.Union([Type.Literal("two_cookies"), Type.Null()], {
      description:
        "`two_cookies` where the browser sent two cookies of the session's name, so that neither counts: another server on this host may have set one.",
    }),
    signIn: Type.Object({
      token: Type.Boolean({ description: "Whether a token is asked for; false on loopback without one." }),
      openIdConnect: Type.Union([Type.Object({ name: Type.String() }), Type.Null()], {
        description: "The sign-in service, by the name that people know it by.",
      }),
    }),
  },
  { $id: "Session" },
);
export type Session = Static<typeof SessionSchema>;
