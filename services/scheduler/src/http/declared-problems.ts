import type { FastifyInstance, RouteOptions } from "fastify";
import Type from "typebox";
import { isApiRoute } from "./api-route.js";
import { PROBLEM_ANSWERS, type ProblemStatus } from "./response-schemas.js";
import { asksForRole } from "./route-roles.js";

/**
 * Declares, in each route's responses, the problems that follow from what the route is: from its role, its parameters and its body.
 * A route itself names only what its handler finds out (`problems`). Where a route declares no query parameters, it takes none.
 */
export function declareProblems(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    const { schema } = route;
    if (schema === undefined || !isApiRoute(schema)) return;
    if (route.config?.role !== "nobody") schema.querystring ??= NO_QUERY;
    const derived = Object.fromEntries(derivedStatuses(route).map((status) => [status, PROBLEM_ANSWERS[status]]));
    schema.response = { ...derived, ...(schema.response as object) };
  });
}

const NO_QUERY = Type.Object({}, { additionalProperties: false });

/** What can be wrong with a request before any route is known. */
const ON_EVERY_ROUTE = [400, 403, 408, 417, 421, 431, 500] as const;
const WITH_LIMIT = [429] as const;
const WITH_ROLE = [401, 503] as const;
const WITH_PARAMS = [404, 414] as const;
const WITH_BODY = [413, 415] as const;

function derivedStatuses({ config, schema }: RouteOptions): ProblemStatus[] {
  return [
    ...ON_EVERY_ROUTE,
    ...(config?.role === "nobody" ? [] : WITH_LIMIT),
    ...(asksForRole(config?.role) ? WITH_ROLE : []),
    ...(schema?.params === undefined ? [] : WITH_PARAMS),
    ...(schema?.body === undefined ? [] : WITH_BODY),
  ];
}
