import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { createFigures, createReadiness } from "@lethe/service-kit/health-server";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";

export const Readiness = Type.Object(
  {
    ready: Type.Boolean(),
    checks: Type.Record(Type.String(), Type.Boolean()),
    reasons: Type.Record(Type.String(), Type.String(), { description: "Why checks fail, as codes." }),
    warnings: Type.Array(Type.String(), {
      description: "Codes of what somebody should set right, though the service works.",
    }),
  },
  { $id: "Readiness" },
);

export const healthRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (
  app,
  { checks, warnings, registry: metricsRegistry },
) => {
  const readiness = createReadiness(checks, warnings);
  const figures = createFigures(metricsRegistry);
  app.route({
    method: "GET",
    url: "/healthz",
    config: { role: "nobody" },
    schema: {
      summary: "Does the process answer?",
      tags: ["health"],
      security: [],
      response: { 200: Type.Object({ status: Type.Literal("ok") }) },
    },
    handler: async () => ({ status: "ok" as const }),
  });

  app.route({
    method: "GET",
    url: "/readyz",
    config: { role: "nobody" },
    schema: {
      summary: "Does the database answer, and can Redis be written?",
      tags: ["health"],
      security: [],
      response: { 200: ref(Readiness), 503: ref(Readiness) },
    },
    handler: async (_request, reply) => {
      const found = await readiness();
      return reply.code(found.ready ? 200 : 503).send(found);
    },
  });

  app.route({
    method: "GET",
    url: "/metrics",
    config: { role: "viewer" },
    schema: {
      summary: "Figures for Prometheus",
      tags: ["health"],
      response: {
        200: { description: "Prometheus' text format", content: { "text/plain": { schema: Type.String() } } },
      },
    },
    handler: async (_request, reply) => reply.type(metricsRegistry.contentType).send(await figures()),
  });
};
