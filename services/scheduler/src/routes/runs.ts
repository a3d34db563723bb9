import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  RUN_ID_START,
  RUN_KINDS,
  RUN_STATES,
  RUN_TRIGGERS,
  RunBatchSchema,
  RunDetailSchema,
  RunFileSchema,
  RunSchema,
} from "@lethe/contracts/runs";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { cancelRun, reopenRun } from "@lethe/warehouse/ledger/change-run";
import { listRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import { listRunBatches, listRunFiles } from "@lethe/warehouse/ledger/run-parts";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { instantQuery } from "../http/instant.js";
import { problems, ref } from "../http/response-schemas.js";

export const RunDetail = Type.Object(RunDetailSchema.properties, { $id: "RunDetail" });

const RunParams = Type.Object({ id: Type.String({ format: "uuid" }) });

export const runRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets, runQueue, pageSize } = context;

  app.route({
    method: "GET",
    url: "/runs",
    config: { role: "viewer" },
    schema: {
      summary: "Runs, newest first",
      tags: ["runs"],
      querystring: Type.Object(
        {
          job: Type.Optional(Type.Enum([...datasets.names])),
          kind: Type.Optional(Type.Enum(RUN_KINDS)),
          trigger: Type.Optional(Type.Enum(RUN_TRIGGERS)),
          state: Type.Optional(
            Type.Array(Type.Enum(RUN_STATES), {
              minItems: 1,
              maxItems: RUN_STATES.length,
              description: "In one of these states: `state=failed&state=cancelled`",
            }),
          ),
          open: Type.Optional(Type.Boolean({ description: "Whether it has work to do still" })),
          requestedFrom: instantQuery("Requested at this instant or later"),
          requestedTo: instantQuery("Requested before this instant"),
          id: Type.Optional(
            Type.String({
              pattern: RUN_ID_START,
              description: "What its id begins with, four hexadecimal digits at least",
              examples: ["3f2a"],
            }),
          ),
          before: Type.Optional(Type.String({ format: "uuid", description: "`nextCursor` of the page before" })),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          runs: Type.Array(ref(RunSchema)),
          nextCursor: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
        }),
      },
    },
    handler: (request) => listRuns(pool, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "GET",
    url: "/runs/:id",
    config: { role: "viewer" },
    schema: {
      summary: "One run with its notices and failed batches",
      tags: ["runs"],
      params: RunParams,
      response: { 200: ref(RunDetail) },
    },
    handler: (request) => readRun(pool, request.params.id),
  });

  const afterPlace = Type.Object(
    {
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: "`nextCursor` of the page before",
        }),
      ),
      limit: pageSize.limit,
    },
    { additionalProperties: false },
  );
  const NextPlace = Type.Union([Type.Integer(), Type.Null()]);

  app.route({
    method: "GET",
    url: "/runs/:id/batches",
    config: { role: "viewer" },
    schema: {
      summary: "A run's batches in their order, with the times of their stages",
      tags: ["runs"],
      params: RunParams,
      querystring: afterPlace,
      response: { 200: Type.Object({ batches: Type.Array(ref(RunBatchSchema)), nextCursor: NextPlace }) },
    },
    handler: ({ params, query }) =>
      listRunBatches(pool, params.id, { after: query.after, limit: pageSize.of(query.limit) }),
  });

  app.route({
    method: "GET",
    url: "/runs/:id/files",
    config: { role: "viewer" },
    schema: {
      summary: "The files that a run has taken, in their order",
      description: "Of a backfill they are the archived files that it loads again.",
      tags: ["runs"],
      params: RunParams,
      querystring: afterPlace,
      response: { 200: Type.Object({ files: Type.Array(ref(RunFileSchema)), nextCursor: NextPlace }) },
    },
    handler: ({ params, query }) =>
      listRunFiles(pool, params.id, { after: query.after, limit: pageSize.of(query.limit) }),
  });

  app.route({
    method: "POST",
    url: "/runs/:id/cancel",
    config: { role: "operator" },
    schema: {
      summary: "Cancel an open run",
      description: "What was loaded stays loaded; the rest may be taken in by a later run, or by a retry of this one.",
      tags: ["runs"],
      params: RunParams,
      response: { 202: ref(RunDetail), ...problems(409) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await cancelRun(pool, id);
      await runQueue.finish(id);
      return reply.code(202).send(await readRun(pool, id));
    },
  });

  app.route({
    method: "POST",
    url: "/runs/:id/retry",
    config: { role: "operator" },
    schema: {
      summary: "Go on with a failed or cancelled run where it stopped",
      tags: ["runs"],
      params: RunParams,
      response: { 202: ref(RunDetail), ...problems(409) },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await reopenRun(pool, id);
      const run = (await readActiveRuns(pool)).find(({ runId }) => runId === id);
      if (run !== undefined) await runQueue.resume(run);
      return reply.code(202).send(await readRun(pool, id));
    },
  });
};
