import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { BACKFILL_SELECTIONS, BackfillPlanSchema } from "@lethe/contracts/backfills";
import { DatasetNameSchema } from "@lethe/contracts/datasets";
import { RunPlanSchema } from "@lethe/contracts/run-plan";
import { RunSchema } from "@lethe/contracts/runs";
import { ScheduleSchema } from "@lethe/contracts/schedules";
import { planRun } from "@lethe/landing/plan-run";
import { presentSchedule } from "@lethe/service-kit/cron/present-schedule";
import { openBackfill, planBackfill } from "@lethe/warehouse/ledger/open-backfill";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { readActiveRunIds, readLastRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import { readSchedules } from "@lethe/warehouse/ledger/schedules";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";
import { checkRange } from "../range.js";

const RangeEnd = (description: string) => Type.String({ description, examples: ["2020-01-31", "2020-01-31T05"] });

const RunRequestBody = Type.Object(
  {
    from: Type.Optional(RangeEnd("First partition: a day, or one of its hours. Open when missing.")),
    to: Type.Optional(RangeEnd("Last partition, included: a day as a whole, or up to one of its hours.")),
    force: Type.Optional(Type.Boolean({ description: "Take files again that were loaded before." })),
  },
  { additionalProperties: false },
);

const PlanRequestBody = Type.Object(
  { from: RunRequestBody.properties.from, to: RunRequestBody.properties.to },
  { additionalProperties: false },
);

const BackfillRequestBody = Type.Object(
  {
    from: RunRequestBody.properties.from,
    to: RunRequestBody.properties.to,
    only: Type.Optional(
      Type.Enum([...BACKFILL_SELECTIONS], {
        description:
          "Only partitions of which the warehouse lacks rows, or those whose last backfill did not get through.",
      }),
    ),
    maxFiles: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Takes whole partitions, the earliest first, up to so many files; one at least.",
      }),
    ),
    maxBytes: Type.Optional(Type.Integer({ minimum: 1, description: "The same, by the bytes of the archived files." })),
    force: Type.Optional(Type.Boolean({ description: "Write processed files anew that look whole." })),
  },
  { additionalProperties: false },
);

const JobOverview = Type.Object({
  job: DatasetNameSchema,
  schedule: ref(ScheduleSchema),
  lastRun: Type.Union([ref(RunSchema), Type.Null()]),
  activeRunId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
});

export const jobRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (
  app,
  { pool, datasets, storage, runQueue, schedules: rules },
) => {
  app.route({
    method: "GET",
    url: "/jobs",
    config: { role: "viewer" },
    schema: {
      summary: "The jobs with their schedule and last run",
      tags: ["jobs"],
      response: { 200: Type.Object({ jobs: Type.Array(JobOverview) }) },
    },
    handler: async () => {
      const [schedules, lastRuns, activeRunIds] = await Promise.all([
        readSchedules(pool, datasets.all),
        readLastRuns(pool),
        readActiveRunIds(pool),
      ]);
      const now = new Date();
      const jobs = schedules.map((schedule) => ({
        job: schedule.job,
        schedule: presentSchedule(schedule, now, rules),
        lastRun: lastRuns.get(schedule.job) ?? null,
        activeRunId: activeRunIds.get(schedule.job) ?? null,
      }));
      return { jobs };
    },
  });

  app.route({
    method: "POST",
    url: "/jobs/:job/runs",
    config: { role: "operator" },
    schema: {
      summary: "Start a run",
      description: `Takes in the files of the job's dataset (${datasets.names.join(", ")}) that lie in landing.`,
      tags: ["jobs"],
      params: Type.Object({ job: Type.Enum([...datasets.names]) }),
      body: RunRequestBody,
      response: {
        202: {
          description: "The run is open and will be worked on.",
          headers: { location: { type: "string", description: "Where the run can be followed" } },
          content: { "application/json": { schema: ref(RunSchema) } },
        },
        ...problems(409),
      },
    },
    handler: async (request, reply) => {
      checkRange(request.body);
      const runId = await openRun(pool, { ...request.body, job: request.params.job, kind: "files", trigger: "api" });
      await runQueue.start(runId, "files");
      return reply
        .code(202)
        .header("location", `/runs/${runId}`)
        .send(await readRun(pool, runId));
    },
  });

  app.route({
    method: "POST",
    url: "/jobs/:job/runs/plan",
    config: { role: "operator", takesLong: true },
    schema: {
      summary: "What a run would take",
      description:
        "Counts the files of the dataset that lie in landing, by day, and names what no run takes. Opens no run and reads no file.",
      tags: ["jobs"],
      params: Type.Object({ job: Type.Enum([...datasets.names]) }),
      body: PlanRequestBody,
      response: { 200: ref(RunPlanSchema) },
    },
    handler: async ({ params: { job }, body }) =>
      planRun({ storage, db: pool }, { job, datasets: datasets.names, range: checkRange(body) }),
  });

  // What the archive keeps of requests names nobody.
  const backfilled = datasets.all.filter(({ erasure }) => erasure === undefined).map(({ name }) => name);
  const BackfillParams = Type.Object({ job: Type.Enum([...backfilled]) });

  app.route({
    method: "POST",
    url: "/jobs/:job/backfills",
    config: { role: "operator" },
    schema: {
      summary: "Load archived files again",
      description: `Loads partitions again from the archive, which stays as it is: what is there already changes nothing. Live runs go
first, and one backfill at a time is active. For ${backfilled.join(", ")}.`,
      tags: ["jobs"],
      params: BackfillParams,
      body: BackfillRequestBody,
      response: {
        202: {
          description: "The run is open and will be worked on.",
          headers: { location: { type: "string", description: "Where the run can be followed" } },
          content: { "application/json": { schema: ref(RunSchema) } },
        },
        ...problems(409),
      },
    },
    handler: async (request, reply) => {
      checkRange(request.body);
      const dataset = datasets.get(request.params.job);
      const runId = await openBackfill(pool, dataset, { ...request.body, trigger: "api" });
      await runQueue.start(runId, "backfill");
      return reply
        .code(202)
        .header("location", `/runs/${runId}`)
        .send(await readRun(pool, runId));
    },
  });

  app.route({
    method: "POST",
    url: "/jobs/:job/backfills/plan",
    config: { role: "operator" },
    schema: {
      summary: "What a backfill would take",
      description:
        "Counts partitions, files and bytes by what the warehouse has of them. Opens no run and reads no file.",
      tags: ["jobs"],
      params: BackfillParams,
      body: BackfillRequestBody,
      response: { 200: ref(BackfillPlanSchema) },
    },
    handler: async (request) => {
      checkRange(request.body);
      return planBackfill(pool, datasets.get(request.params.job), request.body);
    },
  });
};
