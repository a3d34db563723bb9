import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { InvalidInputError } from "@lethe/contracts/errors";
import { LineTraceSchema, RecordTraceSchema, TraceableDatasetSchema } from "@lethe/contracts/lineage";
import { recordKeyOf } from "@lethe/lineage/record-key";
import { traceLine } from "@lethe/lineage/trace-line";
import { requireKey, traceRecord } from "@lethe/lineage/trace-record";
import { recordAct } from "@lethe/warehouse/access/acts";
import { inTransaction } from "@lethe/warehouse/pool";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";

export const lineageRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets } = context;
  const dataset = Type.Enum([...datasets.names]);
  const line = {
    fileId: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: "The file's number in the ledger",
    }),
    line: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "From 1, as quarantine counts" }),
  };
  const key = Type.String({
    minLength: 1,
    maxLength: 200,
    description: "A transaction's id, a sku, a customer's id: the key of the dataset's records",
  });

  app.route({
    method: "GET",
    url: "/lineage/datasets",
    config: { role: "viewer" },
    schema: {
      summary: "Which records can be traced, and by which key",
      tags: ["lineage"],
      response: {
        200: Type.Object({
          datasets: Type.Array(ref(TraceableDatasetSchema)),
        }),
      },
    },
    handler: async () => ({
      datasets: datasets.all.flatMap((one) => {
        const known = recordKeyOf(one);
        return known === undefined ? [] : [{ dataset: one.name, key: known.field, isPersonal: known.isPersonal }];
      }),
    }),
  });

  app.route({
    method: "GET",
    url: "/lineage",
    config: { role: "viewer", takesLong: true },
    schema: {
      summary: "What became of a line of a file",
      description:
        "The rows that it became, or its entry in quarantine with the reason. Keys that identify a person are left out.",
      tags: ["lineage"],
      querystring: Type.Object(line, { additionalProperties: false }),
      response: { 200: ref(LineTraceSchema), ...problems(404) },
    },
    handler: ({ query }) => traceLine(context, query.fileId, query.line, false),
  });

  app.route({
    method: "GET",
    url: "/lineage/:dataset/:key",
    config: { role: "viewer", takesLong: true },
    schema: {
      summary: "Where a record came from",
      description:
        "The file, its batch and the line, for each row of the record. Not for records whose key identifies a person: an address is " +
        "logged in many places, so send those by POST.",
      tags: ["lineage"],
      params: Type.Object({ dataset, key }),
      response: { 200: ref(RecordTraceSchema), ...problems(404) },
    },
    handler: async ({ params }) => {
      if (requireKey(datasets.get(params.dataset)).isPersonal) throw new InvalidInputError(BY_POST);
      return traceRecord(context, params.dataset, params.key);
    },
  });

  app.route({
    method: "POST",
    url: "/lineage",
    config: { role: "privacy-officer", takesLong: true },
    schema: {
      summary: "Where the record of a person came from",
      description: "As `GET /lineage/{dataset}/{key}`, for any dataset. Each look is recorded.",
      tags: ["lineage"],
      body: Type.Object({ dataset, key }, { additionalProperties: false }),
      response: { 200: ref(RecordTraceSchema), ...problems(404) },
    },
    handler: async ({ body, caller }) => {
      const trace = await traceRecord(context, body.dataset, body.key);
      await recordLook(caller.name);
      return trace;
    },
  });

  app.route({
    method: "POST",
    url: "/lineage/line",
    config: { role: "privacy-officer", takesLong: true },
    schema: {
      summary: "What became of a line of a file, with the keys of people",
      description: "As `GET /lineage`. Each look is recorded.",
      tags: ["lineage"],
      body: Type.Object(line, { additionalProperties: false }),
      response: { 200: ref(LineTraceSchema), ...problems(404) },
    },
    handler: async ({ body, caller }) => {
      const trace = await traceLine(context, body.fileId, body.line, true);
      await recordLook(caller.name);
      return trace;
    },
  });

  async function recordLook(by: string): Promise<void> {
    await inTransaction(pool, (client) => recordAct(client, { act: "traced", by }));
  }
};

const BY_POST =
  "the key of these records identifies a person, so it must not stand in an address: send it by POST /lineage";
