import Type, { type Static } from "typebox";
import { RoleSchema } from "./roles.js";

/** The cookie that the console's session is held in; scripts cannot read it. */
export const SESSION_COOKIE = "lethe_session";

/** The header that a change must carry where the session's cookie lets its caller in. */
export const CSRF_HEADER = "x-csrf-token";

/** The most characters of a token that somebody signs in with. */
export const MAX_TOKEN_LENGTH = 1_024;

/** What a sign-in by OpenID Connect fails with, as `/?sign-in=` names it, and what it means to the person. */
export const SIGN_IN_FAILURES = {
  provider_unavailable: "The sign-in service does not answer. Try again in a minute, or sign in with an API token.",
  provider_refused: "The sign-in service did not let you in. Ask whoever runs it for access to Lethe.",
  state_invalid: "This sign-in was begun elsewhere, or more than ten minutes ago. Sign in once more.",
  answer_invalid:
    "The sign-in service gave an answer that Lethe cannot trust. Whoever runs Lethe finds the reason in its log.",
  role_missing: "You are known, but have no role in Lethe. Ask whoever runs the sign-in service for one.",
} as const;
export type SignInFailure = keyof typeof SIGN_IN_FAILURES;

/** Who asks, and what the console needs to ask for more. */
export const SessionSchema = Type.Object(
  {
    caller: Type.Union([Type.Object({ name: Type.String(), role: RoleSchema }), Type.Null()], {
      description: "Null for somebody who is not signed in.",
    }),
    csrfToken: Type.Union([Type.String(), Type.Null()], {
      description: "What a change must carry as `x-csrf-token`; null where no cookie lets the caller in.",
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
