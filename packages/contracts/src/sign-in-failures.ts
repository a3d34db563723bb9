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
