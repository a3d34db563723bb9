import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "../../generated/api.js";

/** What the API answers, by the name that its description gives it. */
export type Schemas = components["schemas"];

/** An answer of the API that is no success. `code` is stable; the message is the API's own sentence. */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly problem: Partial<Schemas["Problem"]> = {},
  ) {
    super(message);
  }
}

/** The API, typed by its description. Give each call to `answerOf`. */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });

/** Returns the body of an answer. Throws ApiProblem for an answer that is no success, or if none comes. */
export async function answerOf<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call.catch((cause: unknown) => {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiProblem(0, "no_answer", "Lethe does not answer. Check that the scheduler runs and can be reached.");
  });
  if (response.ok) return data as T;
  const problem: Partial<Schemas["Problem"]> = isProblem(error) ? error : {};
  throw new ApiProblem(
    response.status,
    problem.code ?? "unexpected",
    problem.detail ?? problem.title ?? `The scheduler answered with the status ${response.status}.`,
    problem,
  );
}

function isProblem(error: unknown): error is Schemas["Problem"] {
  return typeof error === "object" && error !== null && "code" in error;
}

let csrfToken: string | null = null;

/** Has every write of the page carry this token from now on. */
export function useCsrfToken(token: string | null): void {
  csrfToken = token;
}

const carryCsrfToken: Middleware = {
  onRequest({ request }) {
    if (csrfToken !== null && request.method !== "GET") request.headers.set("x-csrf-token", csrfToken);
    return request;
  },
};
api.use(carryCsrfToken);
