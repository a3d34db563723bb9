import type { FastifyInstance } from "fastify";
import { isApiRoute } from "./api-route.js";
import { problem, sendProblem } from "./problem.js";

/**
 * Refuses a body where a route takes none: whoever sends one expects it to have an effect. The connection is closed, so that nobody
 * has to read it.
 */
export function refuseNeedlessBodies(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ headers, routeOptions }, reply) => {
    const { schema } = routeOptions;
    if (!isApiRoute(schema) || schema?.body !== undefined) return;
    const length = headers["content-length"];
    if (headers["transfer-encoding"] === undefined && (length === undefined || Number(length) === 0)) return;
    reply.header("connection", "close");
    return sendProblem(reply, problem(400, "body_unexpected", "this takes no body; send none"));
  });
}
