import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { RequestComparisonSchema } from "@lethe/contracts/request-comparison";
import { MAX_REASON, REQUEST_STATES, RequestSchema } from "@lethe/contracts/requests";
import { compareRequest } from "@lethe/erasure/compare-request";
import { extendRequest, listRequests, readRequest } from "@lethe/warehouse/erasures/requests";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";

/** The ground of a decision, in a request's body. */
export const Reason = Type.String({
  pattern: "\\S",
  maxLength: MAX_REASON,
  description: "On what ground. It is kept as it is: name a case, not a person",
});

const RequestId = Type.String({
  pattern: "^([1-9]\\d{0,14}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
  description: "From `GET /requests`: an erasure's id, or the number of a record in quarantine",
});

export const requestRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, pageSize } = context;
  const { requests } = context.datasets;

  app.route({
    method: "GET",
    url: "/requests",
    config: { role: "viewer" },
    schema: {
      summary: "Requests to be forgotten in all states, with the day by which each must be answered",
      description:
        "From its arrival each stands here: also while a person must decide, and when it is malformed or unreadable.",
      tags: ["erasures"],
      querystring: Type.Object(
        {
          state: Type.Optional(Type.Enum(REQUEST_STATES)),
          open: Type.Optional(Type.Boolean({ description: "Only those whose clock runs, or those whose does not" })),
          order: Type.Optional(
            Type.Enum(["received", "due"], {
              default: "received",
              description: "`received`: the newest first. `due`: those first that must be answered first.",
            }),
          ),
          before: Type.Optional(RequestId),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          requests: Type.Array(ref(RequestSchema)),
          nextCursor: Type.Union([Type.String(), Type.Null()]),
        }),
      },
    },
    handler: (request) =>
      listRequests(pool, requests.name, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "GET",
    url: "/requests/:id",
    config: { role: "viewer" },
    schema: {
      summary: "One request to be forgotten",
      tags: ["erasures"],
      params: Type.Object({ id: RequestId }),
      response: { 200: ref(RequestSchema) },
    },
    handler: (request) => readRequest(pool, requests.name, request.params.id),
  });

  app.route({
    method: "GET",
    url: "/requests/:id/comparison",
    // It would be recorded as a look that showed nothing.
    exposeHeadRoute: false,
    config: { role: "viewer" },
    schema: {
      summary: "What an open request says beside what the warehouse has under its id and its email",
      description:
        "Whoever may see personal data, a privacy officer or an admin, sees the values, and that they looked is recorded. Everybody else " +
        "sees what matches, and the values masked. Of a request that is decided nothing is kept in the clear: 409.",
      tags: ["erasures"],
      params: Type.Object({ id: RequestId }),
      response: { 200: ref(RequestComparisonSchema), ...problems(409) },
    },
    handler: (request) => compareRequest(context, request.params.id, request.caller),
  });

  app.route({
    method: "POST",
    url: "/erasures/requests/:id/extend",
    config: { role: "privacy-officer" },
    schema: {
      summary: "Extend the time to answer a request by two months, once",
      description: "Its sender must be told within the first month, and why (GDPR Art. 12(3)).",
      tags: ["erasures"],
      params: Type.Object({ id: RequestId }),
      body: Type.Object({ reason: Reason }, { additionalProperties: false }),
      response: { 200: ref(RequestSchema), ...problems(409) },
    },
    handler: (request) =>
      extendRequest(pool, requests.name, request.params.id, {
        reason: request.body.reason,
        by: request.caller.name,
      }),
  });
};
