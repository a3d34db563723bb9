import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  ALERT_KINDS,
  ALERT_STATES,
  AlertSchema,
  CHECK_METRIC_NAMES,
  CHECK_OUTCOMES,
  CheckResultSchema,
} from "@lethe/contracts/checks";
import { dismissAlert, listAlerts } from "@lethe/warehouse/quality/alerts";
import { listResults } from "@lethe/warehouse/quality/check-results";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";

export const checkRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, { pool, datasets, pageSize }) => {
  const dataset = Type.Optional(Type.Enum([...datasets.names]));

  app.route({
    method: "GET",
    url: "/checks",
    config: { role: "viewer" },
    schema: {
      summary: "How partitions have passed the checks of their data, newest first",
      description:
        "A partition has one result of each check, the last one. A check that was learnt from too little says nothing.",
      tags: ["checks"],
      querystring: Type.Object(
        {
          dataset,
          metric: Type.Optional(Type.Enum(CHECK_METRIC_NAMES)),
          outcome: Type.Optional(Type.Enum(CHECK_OUTCOMES)),
          before: Type.Optional(
            Type.Integer({
              minimum: 0,
              maximum: Number.MAX_SAFE_INTEGER,
              description: "`nextCursor` of the page before",
            }),
          ),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          checks: Type.Array(ref(CheckResultSchema)),
          nextCursor: Type.Union([Type.Integer(), Type.Null()]),
        }),
      },
    },
    handler: (request) => listResults(pool, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "GET",
    url: "/alerts",
    config: { role: "viewer" },
    schema: {
      summary: "Alerts about data that is not right, has not come, or is not fetched, newest first",
      tags: ["checks"],
      querystring: Type.Object(
        {
          dataset,
          kind: Type.Optional(Type.Enum(ALERT_KINDS)),
          state: Type.Optional(Type.Enum(ALERT_STATES)),
          before: Type.Optional(Type.String({ format: "uuid", description: "`nextCursor` of the page before" })),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          alerts: Type.Array(ref(AlertSchema)),
          nextCursor: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
        }),
      },
    },
    handler: (request) => listAlerts(pool, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "POST",
    url: "/alerts/:id/dismiss",
    config: { role: "operator" },
    schema: {
      summary: "Close an alert of which nobody needs to hear any more",
      description: "Its partitions are waited for no longer. When the same comes up again, it is another alert.",
      tags: ["checks"],
      params: Type.Object({ id: Type.String({ format: "uuid" }) }),
      response: { 200: ref(AlertSchema), ...problems(409) },
    },
    handler: (request) => dismissAlert(pool, request.params.id, request.caller.name),
  });
};
