import { METHODS } from "node:http";
import type { FastifyInstance } from "fastify";
import { problem, sendProblem } from "./problem.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The methods that this address knows, as `Allow` names them; set where the route itself stands for all others. */
    readonly allow?: string;
  }
}

/**
 * Answers a method that an address does not know with 405 and the ones that it knows, and OPTIONS with 204 and the same. Returns a
 * function that is called once all routes have been added.
 */
export function refuseUnknownMethods(app: FastifyInstance): () => void {
  const urls = new Set<string>();
  app.addHook("onRoute", ({ url }) => void urls.add(url));
  app.addHook("onRequest", async ({ method, routeOptions }, reply) => {
    const { allow } = routeOptions.config;
    if (allow === undefined) return;
    reply.header("allow", allow);
    if (method === "OPTIONS") return reply.code(204).send();
    return sendProblem(reply, problem(405, "method_not_allowed", `this address knows ${allow}`));
  });
  return () => {
    for (const method of ALL_METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method);
    for (const url of [...urls]) {
      const known = ALL_METHODS.filter((method) => app.hasRoute({ url, method }));
      app.route({
        url,
        method: ALL_METHODS.filter((method) => !known.includes(method)),
        // Whoever may not even read is told nothing about methods.
        config: { role: "viewer", allow: [...known, "OPTIONS"].join(", ") },
        handler: async () => undefined,
      });
    }
  };
}

/** Node handles CONNECT apart from all others. */
const ALL_METHODS = METHODS.filter((method) => method !== "CONNECT");
