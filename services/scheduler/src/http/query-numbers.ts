import { InvalidInputError } from "@lethe/contracts/errors";
import type { FastifyInstance } from "fastify";
import { isApiRoute } from "./api-route.js";

/**
 * Takes a whole number in a query only as it is written in decimal. The validator would convert other texts, and an empty one to 0,
 * with which a list begins again.
 */
export function requirePlainNumbers(app: FastifyInstance): void {
  app.addHook("preValidation", async ({ routeOptions: { schema }, query }) => {
    if (schema === undefined || !isApiRoute(schema)) return;
    const { properties = {} } = (schema.querystring ?? {}) as { properties?: Record<string, { type?: string }> };
    for (const [name, text] of Object.entries(query as Record<string, unknown>)) {
      if (!Object.hasOwn(properties, name) || properties[name]?.type !== "integer") continue;
      if (typeof text === "string" && !PLAIN.test(text)) {
        throw new InvalidInputError(`querystring/${name} must be integer`);
      }
    }
  });
}

const PLAIN = /^(?:0|-?[1-9]\d*)$/;
