import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type DatasetName, DatasetNameSchema } from "@lethe/contracts/datasets";
import { InvalidInputError, RunActiveError } from "@lethe/contracts/errors";
import { parseRangeEnd } from "@lethe/contracts/partition";
import {
  QUARANTINE_STATUSES,
  QuarantineEntrySchema,
  type QuarantineFilter,
  QuarantineRecordSchema,
  RejectReasonSchema,
  ReplayPlanSchema,
} from "@lethe/contracts/quarantine";
import { RunSchema } from "@lethe/contracts/runs";
import { correctRecord } from "@lethe/quarantine/correct-record";
import { discardMany, discardOne } from "@lethe/quarantine/discard-records";
import { MOST_PLANNED, planReplays } from "@lethe/quarantine/plan-replays";
import { selectReplays } from "@lethe/quarantine/select-replays";
import { showRecord } from "@lethe/quarantine/show-record";
import { requireRun } from "@lethe/warehouse/ledger/known-references";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { countQuarantine, listQuarantine } from "@lethe/warehouse/ledger/quarantine";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { inTransaction } from "@lethe/warehouse/pool";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";
import { requireRing } from "../require-ring.js";
import { Reason } from "./requests.js";

export const quarantineRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets, runQueue, pageSize } = context;
  const filter = {
    dataset: Type.Optional(Type.Enum([...datasets.names])),
    reason: Type.Optional(RejectReasonSchema),
    runId: Type.Optional(Type.String({ format: "uuid" })),
    fileId: Type.Optional(
      Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "A file's number in the ledger" }),
    ),
    partition: Type.Optional(
      Type.String({
        pattern: PARTITION_PATTERN,
        description: "A day, `2020-01-31`, or an hour of it, `2020-01-31T05`",
      }),
    ),
  };
  /** What changes records may also name them one by one. */
  const selection = {
    ...filter,
    ids: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), {
        minItems: 1,
        maxItems: MOST_CHOSEN,
        description: "These records alone",
      }),
    ),
  };
  const limit = Type.Integer({
    minimum: 1,
    maximum: MOST_AT_ONCE,
    description: "The most records, oldest first",
  });
  const params = Type.Object({ quarantineId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) });

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
    handler: async (request) => {
      const { limit: most, ...query } = request.query;
      const { partition } = query;
      if (partition !== undefined && parseRangeEnd(partition, "from") === undefined) throw unknownPartition();
      return listQuarantine(pool, { ...query, limit: pageSize.of(most) });
    },
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
      description:
        "Opens a run per dataset: the one named, else every one that has open records of the filter. With a limit, each takes so many at most.",
      tags: ["quarantine"],
      body: Type.Object({ ...selection, limit: Type.Optional(limit) }, { additionalProperties: false }),
      response: { 202: Type.Object({ runs: Type.Array(ref(RunSchema)) }), ...problems(404, 409) },
    },
    handler: async (request, reply) => {
      const { limit: most, ...filter } = request.body;
      await requireMeant(filter);
      const runIds = await openReplays(context, filter, most);
      for (const runId of runIds) await runQueue.start(runId, "replay");
      const runs = await Promise.all(runIds.map((runId) => readRun(pool, runId)));
      return reply.code(202).send({ runs });
    },
  });

  app.route({
    method: "POST",
    url: "/quarantine/replay/plan",
    config: { role: "operator", takesLong: true },
    schema: {
      summary: "What a replay would come to",
      description: `Tries the records as a replay would, and takes everything back: nothing but a run of the kind \`plan\` is left of it. Looks at
${MOST_PLANNED} records of a dataset at most, the oldest. Each dataset is tried by itself, against what the warehouse has now: a plan cannot know
what comes meanwhile, nor count what the replay of another dataset would bring. Requests to be forgotten have no plan.`,
      tags: ["quarantine"],
      body: Type.Object({ ...selection, limit: Type.Optional(limit) }, { additionalProperties: false }),
      response: { 200: Type.Object({ plans: Type.Array(ref(ReplayPlanSchema)) }), ...problems(404, 409) },
    },
    handler: async (request) => {
      const { limit: most, ...filter } = request.body;
      await requireMeant(filter);
      const { start, finish } = runQueue;
      const plans = await planReplays(
        { pool, datasets, start: (runId) => start(runId, "plan"), finish },
        { filter, limit: most, trigger: "api" },
      );
      return { plans };
    },
  });

  app.route({
    method: "GET",
    url: "/quarantine/:quarantineId",
    // It would be recorded as a look that showed nothing.
    exposeHeadRoute: false,
    config: { role: "viewer" },
    schema: {
      summary: "One record, and what was decided about it",
      description:
        "Whoever may see personal data, a privacy officer or an admin, sees the record as it stands, and that they looked is " +
        "recorded. Everybody else sees what is about a person masked.",
      tags: ["quarantine"],
      params,
      response: { 200: ref(QuarantineRecordSchema), ...problems(404) },
    },
    handler: (request) => showRecord(context, request.params.quarantineId, request.caller),
  });

  app.route({
    method: "POST",
    url: "/quarantine/:quarantineId/correct",
    config: { role: "operator" },
    schema: {
      summary: "Correct a record, and try it again",
      description:
        "The correction takes the place of the record, which stays in quarantine as it came, superseded. Who changed which fields is recorded, and never a value.",
      tags: ["quarantine"],
      params,
      body: Type.Object(
        {
          changes: Type.Optional(
            Type.Record(Type.String(), Type.Unknown(), {
              description:
                "What changes, as a JSON Merge Patch (RFC 7396): null removes a field, lists are replaced whole",
            }),
          ),
          record: Type.Optional(
            Type.Record(Type.String(), Type.Unknown(), { description: "The whole record as it should have been sent" }),
          ),
        },
        { additionalProperties: false, minProperties: 1, maxProperties: 1, description: "One of the two" },
      ),
      response: {
        202: Type.Object({
          id: Type.Integer({ description: "The correction's own number" }),
          fields: Type.Array(Type.String(), { description: "The names of the fields that it changes" }),
          run: ref(RunSchema),
          takenBy: Type.Enum(["this_run", "next_run"], {
            description:
              "`next_run`: a replay was at work already; the one that takes the correction opens by itself after it",
          }),
        }),
        ...problems(404, 409),
      },
    },
    handler: async (request, reply) => {
      const { quarantineId } = request.params;
      const ring = requireRing(context.ring);
      const { changes, record } = request.body;
      const correction = record === undefined ? { changes } : { record };
      const by = request.caller.name;
      const { id, dataset, fields } = await correctRecord({ pool, datasets, ring }, quarantineId, correction, by);
      return reply.code(202).send({ id, fields: [...fields], ...(await replayReleased(dataset)) });
    },
  });

  app.route({
    method: "POST",
    url: "/quarantine/:quarantineId/discard",
    config: { role: "operator" },
    schema: {
      summary: "Close a record that is not to be loaded",
      description: "It stays in quarantine, with the reason and who gave it.",
      tags: ["quarantine"],
      params,
      body: Type.Object({ reason: Reason }, { additionalProperties: false }),
      response: { 204: Type.Null({ description: "It is closed." }), ...problems(404, 409) },
    },
    handler: async (request, reply) => {
      const ruling = { by: request.caller.name, reason: request.body.reason };
      await discardOne(context, request.params.quarantineId, ruling);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/quarantine/discard",
    config: { role: "operator" },
    schema: {
      summary: "Close many records that are not to be loaded",
      description: "Those that a decision about a person is due on are left out.",
      tags: ["quarantine"],
      body: Type.Object(
        {
          filter: Type.Object(selection, { additionalProperties: false }),
          limit: Type.Optional(limit),
          reason: Reason,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          discarded: Type.Integer(),
          left: Type.Integer({ description: "Open records of the filter beyond the limit" }),
        }),
        ...problems(404),
      },
    },
    handler: async (request) => {
      const { filter, limit: most = USUAL_LIMIT, reason } = request.body;
      await requireMeant(filter);
      return discardMany(context, { filter, limit: most }, { by: request.caller.name, reason });
    },
  });

  async function requireMeant({ runId, partition }: QuarantineFilter): Promise<void> {
    if (partition !== undefined && parseRangeEnd(partition, "from") === undefined) throw unknownPartition();
    if (runId !== undefined) await requireRun(pool, runId);
  }

  async function replayReleased(job: DatasetName) {
    try {
      const runId = await openRun(pool, { job, kind: "replay", trigger: "api" });
      await runQueue.start(runId, "replay");
      return { run: await readRun(pool, runId), takenBy: "this_run" as const };
    } catch (error) {
      if (!(error instanceof RunActiveError)) throw error;
      return { run: await readRun(pool, error.activeRunId), takenBy: "next_run" as const };
    }
  }
};

/** How many records are discarded or looked at where no limit is given, and the greatest that can be. */
const USUAL_LIMIT = 1_000;
const MOST_AT_ONCE = 10_000;
/** How many records are named one by one at most: as many as a page of the list has. */
const MOST_CHOSEN = 200;

const PARTITION_PATTERN = "^\\d{4}-\\d{2}-\\d{2}(T\\d{2})?$";

function unknownPartition(): InvalidInputError {
  return new InvalidInputError("partition must be an existing date as YYYY-MM-DD, or date and hour as YYYY-MM-DDTHH");
}

/** Opens all replay runs or, with RunActiveError, none. */
async function openReplays(
  { pool, datasets }: SchedulerContext,
  filter: QuarantineFilter,
  limit: number | undefined,
): Promise<string[]> {
  return inTransaction(pool, async (client) => {
    const runIds: string[] = [];
    for (const { job, replayFilter } of await selectReplays(client, datasets, filter, limit ?? null)) {
      runIds.push(await openRun(client, { job, kind: "replay", trigger: "api", replayFilter }));
    }
    return runIds;
  });
}
