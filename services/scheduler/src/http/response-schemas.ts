import { ProblemSchema } from "@lethe/contracts/problem";
import Type, { type Static, type TSchema, type TUnsafe } from "typebox";

const MEANING = {
  400: "The request is not of the form that its schema asks for, or cannot be read.",
  401: "The token is missing or wrong, or the session is over.",
  403: "The token's role may not do it (`requiredRole` may), the request comes from a page of another site, or lacks the session's `x-csrf-token`.",
  404: "It does not exist.",
  408: "The request did not arrive in time.",
  409: "Another run is active, its state does not allow it, or it may be somebody else who asks.",
  413: "The body is larger than LETHE_MAX_BODY_BYTES.",
  414: "A part of the address is longer than any name here.",
  415: "The body is not JSON in UTF-8, or is compressed.",
  417: "The request expects something else than to be told to continue.",
  421: "Without a token only loopback names are served.",
  429: "Too many requests, or too many wrong tokens, from this address; `Retry-After` says in how many seconds to ask again.",
  431: "The headers are larger than 16 KiB, or more than a hundred.",
  500: "Something failed here; the log knows what.",
  503: "PostgreSQL or Redis does not answer at the moment, or the scheduler lacks the privacy key.",
} as const;

/** A status that an answer with a problem can have. */
export type ProblemStatus = keyof typeof MEANING;

/** The schema of each answer with a problem. */
export const PROBLEM_ANSWERS = Object.fromEntries(
  Object.entries(MEANING).map(([status, description]) => [status, problemAnswer(description)]),
) as Readonly<Record<ProblemStatus, ReturnType<typeof problemAnswer>>>;

/**
 * Returns the schemas of the problems that a route's handler finds out by itself. Those that follow from what the route is, such as
 * 401 from its role, are declared for it (`declareProblems`).
 */
export function problems<S extends 401 | 404 | 409 | 503>(...statuses: S[]) {
  return Object.fromEntries(statuses.map((status) => [status, PROBLEM_ANSWERS[status]])) as Record<
    S,
    ReturnType<typeof problemAnswer>
  >;
}

/** Returns a reference to a schema that is registered by its `$id`, so that the API's description holds it once. */
export function ref<S extends TSchema & { $id?: string }>(schema: S): TUnsafe<Static<S>> {
  return Type.Unsafe<Static<S>>({ $ref: `${schema.$id}#` });
}

function problemAnswer(description: string) {
  return { description, content: { "application/problem+json": { schema: ref(ProblemSchema) } } };
}
