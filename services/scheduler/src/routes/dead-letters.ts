import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { DEAD_LETTER_STATUSES, DeadLetterSchema } from "@lethe/contracts/dead-letters";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { listDeadLetters, readDeadLetter, replayDeadLetter } from "@lethe/warehouse/ledger/dead-letters";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";
import { RunDetail } from "./runs.js";

const LetterParams = Type.Object({ id: Type.String({ format: "uuid" }) });

export const deadLetterRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets, runQueue, pageSize } = context;

  app.route({
    method: "GET",
    url: "/dead-letters",
    config: { role: "viewer" },
    schema: {
      summary: "Jobs that gave up for good, newest first",
      description:
        "What somebody has to see to: each stands here until it is replayed, its run is retried or cancelled, or its work was done by a " +
        "later run. `status=overtaken` shows those that a later run works on.",
      tags: ["dead letters"],
      querystring: Type.Object(
        {
          job: Type.Optional(Type.Enum([...datasets.names])),
          status: Type.Optional(Type.Enum(DEAD_LETTER_STATUSES)),
          before: Type.Optional(Type.String({ format: "uuid", description: "`nextCursor` of the page before" })),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          deadLetters: Type.Array(ref(DeadLetterSchema)),
          nextCursor: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
        }),
      },
    },
    handler: (request) => listDeadLetters(pool, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "GET",
    url: "/dead-letters/:id",
    config: { role: "viewer" },
    schema: {
      summary: "One dead letter",
      tags: ["dead letters"],
      params: LetterParams,
      response: { 200: ref(DeadLetterSchema) },
    },
    handler: (request) => readDeadLetter(pool, request.params.id),
  });

  app.route({
    method: "POST",
    url: "/dead-letters/:id/replay",
    config: { role: "operator" },
    schema: {
      summary: "Try what gave up again",
      description:
        "Opens its run again with this batch; other batches of the run that failed stay so, and so it ends as failed while " +
        "there are such. `POST /runs/:id/retry` takes up all of them.",
      tags: ["dead letters"],
      params: LetterParams,
      response: { 202: ref(RunDetail), ...problems(409) },
    },
    handler: async (request, reply) => {
      const runId = await replayDeadLetter(pool, request.params.id);
      const run = (await readActiveRuns(pool)).find((open) => open.runId === runId);
      if (run !== undefined) await runQueue.resume(run);
      return reply
        .code(202)
        .header("location", `/runs/${runId}`)
        .send(await readRun(pool, runId));
    },
  });
};
