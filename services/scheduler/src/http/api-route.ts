import type { FastifySchema } from "fastify";

/** Reports whether a route belongs to the API, which describes each of its routes, and not to the pages of a library. */
export function isApiRoute(schema: FastifySchema | undefined): boolean {
  return schema?.tags !== undefined;
}
