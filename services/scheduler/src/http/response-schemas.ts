import { ProblemSchema } from "@lethe/contracts/problem";
import Type, { type Static, type TSchema, type TUnsafe } from "typebox";

const MEANING = {
  400: "The request is not of the form that its schema asks for.",
  401: "The token is missing or wrong.",
  403: "The token's role may not do it (`requiredRole` may), or it would change something and comes from a page of another site.",
  404: "It does not exist.",
  409: "Another run is active, its state does not allow it, or it may be somebody else who asks.",
  429: "Too many requests, or too many wrong tokens, from this address; `Retry-After` says in how many seconds to ask again.",
  500: "Something failed here; the log knows what.",
  503: "The database does not answer at the moment, or the scheduler lacks the privacy key.",
} as const;

const ON_EVERY_ROUTE = [401, 403, 429, 500, 503] as const;

/** Returns the schemas of a route's problem answers: of the given statuses, and of those that every route may answer with. */
export function problems<S extends 400 | 404 | 409>(...statuses: S[]) {
  const entries = [...statuses, ...ON_EVERY_ROUTE].map((status) => [status, problemAnswer(MEANING[status])]);
  return Object.fromEntries(entries) as Record<S | (typeof ON_EVERY_ROUTE)[number], ReturnType<typeof problemAnswer>>;
}

/** Returns a reference to a schema that is registered by its `$id`, so that the API's description holds it once. */
export function ref<S extends TSchema & { $id?: string }>(schema: S): TUnsafe<Static<S>> {
  return Type.Unsafe<Static<S>>({ $ref: `${schema.$id}#` });
}

function problemAnswer(description: string) {
  return { description, content: { "application/problem+json": { schema: ref(ProblemSchema) } } };
}
