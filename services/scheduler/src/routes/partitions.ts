import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { CALENDAR_LETTERS, CALENDAR_STATES } from "@lethe/contracts/calendar-states";
import { NotFoundError } from "@lethe/contracts/errors";
import { type Partition, parsePartition } from "@lethe/contracts/partition";
import { PartitionCalendarSchema, PartitionDetailSchema } from "@lethe/contracts/partitions";
import { alertsAbout } from "@lethe/warehouse/quality/alerts";
import { resultsOf } from "@lethe/warehouse/quality/check-results";
import { readCalendar, readPartition, readPartitionFiles } from "@lethe/warehouse/quality/partition-calendar";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";
import { addAwaited } from "../quality/add-awaited.js";
import { createExpectationReader } from "../quality/read-expectation.js";
import { checkRange, RANGE_QUERY } from "../range.js";

/** Of a partition that was sent in very many files, the first ones tell enough. */
const MOST_FILES = 500;
const MOST_ALERTS = 100;

export const partitionRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets } = context;
  const expectationOf = createExpectationReader(context);

  app.route({
    method: "GET",
    url: "/partitions",
    config: { role: "viewer" },
    schema: {
      summary: "A dataset's partitions in columns: what has come of each, and what is late or missing",
      description:
        "Each hour of which anything has come, or that was expected and has not come. Compact, since there may be many years of hours.",
      tags: ["partitions"],
      querystring: Type.Object(
        { dataset: Type.Enum([...datasets.names]), ...RANGE_QUERY },
        { additionalProperties: false },
      ),
      response: { 200: ref(PartitionCalendarSchema) },
    },
    handler: async ({ query: { dataset, ...ends } }) => {
      const range = checkRange(ends);
      const now = new Date();
      const [known, expectation] = await Promise.all([readCalendar(pool, dataset, range), expectationOf(dataset, now)]);
      return { dataset, ...addAwaited(known, expectation, range, now) };
    },
  });

  app.route({
    method: "GET",
    url: "/partitions/:dataset/:partition",
    config: { role: "viewer" },
    schema: {
      summary: "One partition with its files and their runs, its checks and alerts",
      tags: ["partitions"],
      params: Type.Object({
        dataset: Type.Enum([...datasets.names]),
        partition: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}$", description: "`YYYY-MM-DDTHH`" }),
      }),
      response: { 200: ref(PartitionDetailSchema) },
    },
    handler: async ({ params: { dataset, partition: name } }) => {
      const partition = partitionNamed(name);
      const now = new Date();
      const [{ letter, arrivedAt, late }, { files, otherFiles }, checks, alerts, expectation] = await Promise.all([
        readPartition(pool, dataset, partition),
        readPartitionFiles(pool, dataset, partition, MOST_FILES),
        resultsOf(pool, dataset, partition),
        alertsAbout(pool, dataset, name, MOST_ALERTS),
        expectationOf(dataset, now),
      ]);
      const nothing = { hours: [], states: "", files: [], loaded: [], rejected: [], failedChecks: [] };
      const awaited = addAwaited(nothing, expectation, { from: partition, to: partition }, now).states;
      const shown = letter ?? CALENDAR_LETTERS.find((one) => one === awaited);
      const state = shown === undefined ? null : CALENDAR_STATES[shown];
      return { dataset, partition: name, state, arrivedAt, late, files, otherFiles, checks, alerts };
    },
  });
};

function partitionNamed(name: string): Partition {
  const [date = "", hour = ""] = name.split("T");
  const partition = parsePartition(`date=${date}`, `hour=${hour}`);
  if (partition === undefined) throw new NotFoundError("there is no such hour");
  return partition;
}
