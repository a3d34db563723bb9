import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type DatasetName, DatasetNameSchema } from "@lethe/contracts/datasets";
import {
  QUARANTINE_STATUSES,
  QuarantineEntrySchema,
  type QuarantineFilter,
  RejectReasonSchema,
} from "@lethe/contracts/quarantine";
import { RunSchema } from "@lethe/contracts/runs";
import { requireRun } from "@lethe/warehouse/ledger/known-references";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { countQuarantine, listQuarantine } from "@lethe/warehouse/ledger/quarantine";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";

export const quarantineRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets, runQueue, pageSize } = context;
  const filter = {
    dataset: Type.Optional(Type.Enum([...datasets.names])),
    reason: Type.Optional(RejectReasonSchema),
    runId: Type.Optional(Type.String({ format: "uuid" })),
  };

  app.route({
    method: "GET",
    url: "/quarantine",
    config: { role: "viewer" },
    schema: {
      summary: "Records that were not loaded: where they stood and why, oldest first",
      tags: ["quarantine"],
      querystring: Type.Object(
        {
          ...filter,
          status: Type.Optional(Type.Enum(QUARANTINE_STATUSES)),
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
      ),
      response: {
        200: Type.Object({
          entries: Type.Array(ref(QuarantineEntrySchema)),
          nextCursor: Type.Union([Type.Integer(), Type.Null()]),
        }),
        ...problems(404),
      },
    },
    handler: (request) => listQuarantine(pool, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "GET",
    url: "/quarantine/counts",
    config: { role: "viewer" },
    schema: {
      summary: "How many records, by dataset, reason and status",
      tags: ["quarantine"],
      response: {
        200: Type.Object({
          counts: Type.Array(
            Type.Object({
              dataset: DatasetNameSchema,
              reason: RejectReasonSchema,
              status: Type.Enum(QUARANTINE_STATUSES),
              records: Type.Integer(),
            }),
          ),
        }),
      },
    },
    handler: async () => ({ counts: await countQuarantine(pool) }),
  });

  app.route({
    method: "POST",
    url: "/quarantine/replay",
    config: { role: "operator" },
    schema: {
      summary: "Try quarantined records again",
      description: "Opens a run per dataset: the one named, else every one that has open records of the filter.",
      tags: ["quarantine"],
      body: Type.Object(filter, { additionalProperties: false }),
      response: { 202: Type.Object({ runs: Type.Array(ref(RunSchema)) }), ...problems(404, 409) },
    },
    handler: async (request, reply) => {
      if (request.body.runId !== undefined) await requireRun(pool, request.body.runId);
      const runIds = await openReplays(pool, datasets.names, request.body);
      for (const runId of runIds) await runQueue.start(runId);
      const runs = await Promise.all(runIds.map((runId) => readRun(pool, runId)));
      return reply.code(202).send({ runs });
    },
  });
};

/** Opens all replay runs or, with RunActiveError, none. */
async function openReplays(pool: Pool, names: readonly DatasetName[], filter: QuarantineFilter): Promise<string[]> {
  const datasets = filter.dataset === undefined ? await datasetsToReplay(pool, names, filter) : [filter.dataset];
  return inTransaction(pool, async (client) => {
    const runIds: string[] = [];
    for (const job of datasets) {
      const replayFilter = { ...filter, dataset: job };
      runIds.push(await openRun(client, { job, kind: "replay", trigger: "api", replayFilter }));
    }
    return runIds;
  });
}

async function datasetsToReplay(
  pool: Pool,
  names: readonly DatasetName[],
  filter: QuarantineFilter,
): Promise<DatasetName[]> {
  const datasets: DatasetName[] = [];
  for (const dataset of names) {
    const { entries } = await listQuarantine(pool, { ...filter, dataset, status: "open", limit: 1 });
    if (entries.length > 0) datasets.push(dataset);
  }
  return datasets;
}
