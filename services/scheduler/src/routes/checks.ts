import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  ALERT_KINDS,
  ALERT_STATES,
  AlertSchema,
  CHECK_METRIC_NAMES,
  CHECK_OUTCOMES,
  CheckResultSchema,
} from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import { InvalidInputError } from "@lethe/contracts/errors";
import {
  type DeclaredChecks,
  DeclaredChecksSchema,
  QualitySeriesSchema,
  SERIES_METRIC_NAMES,
  SERIES_METRICS,
  type SeriesMetric,
} from "@lethe/contracts/quality-series";
import type { DatasetChecks } from "@lethe/quality/checks-file";
import { HOUR_MS } from "@lethe/quality/partition-hours";
import { describeOperators } from "@lethe/quality/quality-rule";
import { dismissAlert, listAlerts } from "@lethe/warehouse/quality/alerts";
import { listResults } from "@lethe/warehouse/quality/check-results";
import { readSeries } from "@lethe/warehouse/quality/read-series";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";
import { createExpectationReader } from "../quality/read-expectation.js";
import { checkRange, RANGE_QUERY } from "../range.js";

export const checkRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets, dataChecks, pageSize } = context;
  const expectationOf = createExpectationReader(context);
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
    url: "/checks/declared",
    config: { role: "viewer" },
    schema: {
      summary: "What is asked of each dataset's data",
      description: "The checks that the checks file states, and whether the others are learnt.",
      tags: ["checks"],
      response: { 200: Type.Object({ datasets: Type.Array(ref(DeclaredChecksSchema)) }) },
    },
    handler: async () => ({
      datasets: datasets.names.flatMap((name) => {
        const declared = dataChecks.get(name);
        return declared === undefined ? [] : [presentDeclared(name, declared)];
      }),
    }),
  });

  app.route({
    method: "GET",
    url: "/quality/series",
    config: { role: "viewer" },
    schema: {
      summary: "A measure of a dataset's partitions over time, in columns, with the bounds that checks set",
      description:
        "`invalidValues` may be of a property, `nullValues` and `missingValues` must be of one. The bound of `arrivalDelay` is the deadline as it is now.",
      tags: ["checks"],
      querystring: Type.Object(
        {
          dataset: Type.Enum([...datasets.names]),
          metric: Type.Enum(SERIES_METRIC_NAMES),
          property: Type.Optional(Type.String({ maxLength: 200, description: "A declared field" })),
          ...RANGE_QUERY,
        },
        { additionalProperties: false },
      ),
      response: { 200: ref(QualitySeriesSchema) },
    },
    handler: async ({ query: { dataset, metric, property = null, ...ends } }) => {
      const range = checkRange(ends);
      checkProperty(metric, property, dataChecks.get(dataset)?.fields ?? []);
      const series = await readSeries(pool, dataset, { metric, property }, range);
      const lateAfterMs =
        metric === "arrivalDelay" ? (await expectationOf(dataset, new Date()))?.lateAfterMs : undefined;
      const deadline = lateAfterMs === undefined ? undefined : Math.round((1_000 * lateAfterMs) / HOUR_MS) / 1_000;
      const bounds = deadline === undefined ? {} : { most: series.hours.map(() => deadline) };
      return { dataset, metric, property, unit: SERIES_METRICS[metric].unit, ...series, ...bounds };
    },
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

/** Refuses a field that is not declared, and one too many or too few. The text that came is not repeated. */
function checkProperty(metric: SeriesMetric, property: string | null, fields: readonly string[]): void {
  const { of } = SERIES_METRICS[metric];
  if (property !== null && of === "dataset")
    throw new InvalidInputError(`${metric} is of a dataset, so it takes no property`);
  if (property === null && of === "property")
    throw new InvalidInputError(`${metric} is of a field; name it as property`);
  if (property !== null && !fields.includes(property)) {
    throw new InvalidInputError(`property is no field of the dataset; it has ${fields.join(", ")}`);
  }
}

function presentDeclared(
  dataset: DatasetName,
  { fields, learn, partition, freshness, arrival }: DatasetChecks,
): DeclaredChecks {
  const { expected } = arrival;
  return {
    dataset,
    properties: [...fields],
    learn,
    checks: [...partition, ...freshness].map(({ key, metric, property, unit, operators }) => ({
      ...{ check: key, metric, property, unit },
      condition: describeOperators(operators),
    })),
    expected: expected === undefined ? "learnt" : expected === "never" ? "never" : "stated",
  };
}
