import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { RUN_STATES, RunDetailSchema, RunSchema } from "@lethe/contracts/runs";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { cancelRun, reopenRun } from "@lethe/warehouse/ledger/change-run";
import { listRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
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
          state: Type.Optional(Type.Enum(RUN_STATES)),
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
