import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { DatasetName } from "@lethe/contracts/datasets";
import { RunActiveError } from "@lethe/contracts/errors";
import { RestrictionSchema } from "@lethe/contracts/restrictions";
import { type SubjectExport, SubjectExportSchema } from "@lethe/contracts/subject-export";
import { exportSubject } from "@lethe/erasure/export-subject";
import { releaseSubject, restrictSubject } from "@lethe/erasure/restriction";
import { subjectPage } from "@lethe/erasure/subject-page";
import { recordAct } from "@lethe/warehouse/access/acts";
import { declaredTables } from "@lethe/warehouse/data-map";
import { listRestrictions } from "@lethe/warehouse/erasures/restrictions";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { inTransaction } from "@lethe/warehouse/pool";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";
import { requireRing } from "../require-ring.js";
import { Reason } from "./requests.js";

const Claim = {
  customerId: Type.String({ pattern: "^\\d{6}$", description: "Six digits; leading zeros matter" }),
  email: Type.String({ pattern: "^\\s*[^\\s@]+@[^\\s@]+\\s*$", maxLength: 320 }),
  identityChecked: Type.Optional(
    Type.Boolean({
      description:
        "A person has found out otherwise who it is, and that all records under the id are theirs; it is recorded",
    }),
  ),
};
const ClaimBody = Type.Object(Claim, { additionalProperties: false });
const RulingBody = Type.Object({ ...Claim, reason: Reason }, { additionalProperties: false });

const WHO =
  "The email must be or have been the customer's, and neither may be somebody else's, too; else 409 `identity_doubt`.";

export const subjectRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets, runQueue, ring, pageSize } = context;

  app.route({
    method: "POST",
    url: "/subjects/export",
    config: { role: "privacy-officer", takesLong: true },
    schema: {
      summary: "Everything that is held on a person",
      description: `For the person who asks (GDPR Art. 15, 20), with source file and date: as JSON, or as a page to read. ${WHO}`,
      tags: ["subjects"],
      querystring: Type.Object(
        { format: Type.Optional(Type.Enum(["json", "html"], { default: "json" })) },
        { additionalProperties: false },
      ),
      body: ClaimBody,
      response: {
        200: {
          description: "What is held.",
          content: { "application/json": { schema: ref(SubjectExportSchema) }, "text/html": { schema: Type.String() } },
        },
        ...problems(404, 409),
      },
    },
    handler: async (request, reply) => {
      const held: SubjectExport = await exportSubject({ ...context.erasurePlan, ring }, request.body);
      await inTransaction(pool, (client) =>
        recordAct(client, { act: "exported", by: request.caller.name, ...groundOf(request.body) }),
      );
      if (request.query.format === "html")
        return reply.type("text/html; charset=utf-8").send(subjectPage(held, declaredTables(datasets.database)));
      return reply.type("application/json; charset=utf-8").send(held);
    },
  });

  app.route({
    method: "GET",
    url: "/subjects/restrictions",
    config: { role: "viewer" },
    schema: {
      summary: "Which restrictions are in force, newest first",
      description: "Since when, by whom and why; not of whom: nothing but keyed hashes says that.",
      tags: ["subjects"],
      querystring: Type.Object(
        {
          before: Type.Optional(Type.String({ format: "uuid", description: "`nextCursor` of the page before" })),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          restrictions: Type.Array(ref(RestrictionSchema)),
          nextCursor: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
        }),
      },
    },
    handler: (request) => listRestrictions(pool, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "POST",
    url: "/subjects/restrict",
    config: { role: "privacy-officer", takesLong: true },
    schema: {
      summary: "Restrict the processing of a person's data",
      description: `It is kept, but analysts see none of it, and records that arrive are held in quarantine (GDPR Art. 18). ${WHO}`,
      tags: ["subjects"],
      body: RulingBody,
      response: { 204: Type.Null({ description: "It is restricted." }), ...problems(404, 409) },
    },
    handler: async (request, reply) => {
      const { reason, ...claim } = request.body;
      await restrictSubject({ pool, datasets, ring: requireRing(ring) }, claim, { by: request.caller.name, reason });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/subjects/release",
    config: { role: "privacy-officer", takesLong: true },
    schema: {
      summary: "Lift the restriction of a person's data",
      description:
        "The person must be told before (GDPR Art. 18(3)). Records that were held are taken by the next replays.",
      tags: ["subjects"],
      body: RulingBody,
      response: { 204: Type.Null({ description: "It is lifted." }), ...problems(404, 409) },
    },
    handler: async (request, reply) => {
      const { reason, ...claim } = request.body;
      const ruling = { by: request.caller.name, reason };
      for (const job of await releaseSubject({ pool, datasets, ring: requireRing(ring) }, claim, ruling))
        await replay(job);
      return reply.code(204).send(null);
    },
  });

  async function replay(job: DatasetName): Promise<void> {
    try {
      await runQueue.start(await openRun(pool, { job, kind: "replay", trigger: "api" }), "replay");
    } catch (error) {
      // The end of the active one opens the next.
      if (!(error instanceof RunActiveError)) throw error;
    }
  }
};

function groundOf({ identityChecked }: { readonly identityChecked?: boolean }): { reason?: string } {
  return identityChecked === true ? { reason: "the identity was checked by a person" } : {};
}
