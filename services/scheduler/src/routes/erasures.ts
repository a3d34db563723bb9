import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  ERASURE_STATES,
  ErasurePlaceSchema,
  ErasureSchema,
  type Receipt,
  ReceiptSchema,
  ReviewFindingSchema,
} from "@lethe/contracts/erasures";
import { NotFoundError, RunActiveError } from "@lethe/contracts/errors";
import { QUESTION_DECISIONS, QuestionDetailSchema, QuestionSchema, REQUEST_SUBJECTS } from "@lethe/contracts/questions";
import type { Run, RunKind } from "@lethe/contracts/runs";
import { RunSchema } from "@lethe/contracts/runs";
import { VerificationSchema } from "@lethe/contracts/verification";
import { compareQuestion } from "@lethe/erasure/compare-question";
import { fileRequest } from "@lethe/erasure/file-request";
import { planErasure } from "@lethe/erasure/plan-erasure";
import { receiptPage } from "@lethe/erasure/receipt-page";
import { verifyErasure } from "@lethe/erasure/verify-erasure";
import { declaredTables } from "@lethe/warehouse/data-map";
import { approveRequest, rejectRequest } from "@lethe/warehouse/erasures/decide-request";
import { liftSuppression } from "@lethe/warehouse/erasures/lift-suppression";
import { decideQuestion, listQuestions } from "@lethe/warehouse/erasures/questions";
import { listErasures, readErasure } from "@lethe/warehouse/erasures/read-erasures";
import { readReceipt } from "@lethe/warehouse/erasures/receipts";
import { listReviewFindings } from "@lethe/warehouse/erasures/review-findings";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import type { Queryable } from "@lethe/warehouse/pool";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { problems, ref } from "../http/response-schemas.js";
import { oneAtATime } from "../one-verification.js";
import { takeReleased } from "../reconcile-erasures.js";
import { Reason } from "./requests.js";

const ErasureRequestBody = Type.Object(
  {
    customerId: Type.String({ pattern: "^\\d{6}$", description: "Six digits; leading zeros matter" }),
    email: Type.String({ pattern: "^\\s*[^\\s@]+@[^\\s@]+\\s*$", maxLength: 320 }),
  },
  { additionalProperties: false },
);

const { place, name, records } = ErasurePlaceSchema.properties;

export const ErasurePlan = Type.Object(
  {
    identity: Type.Enum(["match", "mismatch", "unknown"], {
      description:
        "`mismatch`: the email is not the customer's, so nothing would be erased before a person decides. `unknown`: there " +
        "is no such customer; what else there is of them would be masked all the same.",
    }),
    places: Type.Array(Type.Object({ place, name, records })),
  },
  { $id: "ErasurePlan" },
);

export const TakenRequest = Type.Object(
  {
    run: ref(RunSchema),
    takenBy: Type.Enum(["this_run", "next_run"], {
      description: "`next_run`: the run was at work already; the one that takes the request opens by itself after it.",
    }),
  },
  { $id: "TakenRequest" },
);

const ApprovedRequest = Type.Object({
  state: Type.Enum(["approved", "awaiting second approval"]),
  run: Type.Union([ref(RunSchema), Type.Null()]),
  takenBy: Type.Union([TakenRequest.properties.takenBy, Type.Null()]),
});

const Approved = {
  description: "The approval is recorded. `run` is null while a second approval is missing.",
  headers: { location: { type: "string", description: "Where the run can be followed" } },
  content: { "application/json": { schema: ApprovedRequest } },
};

const Accepted = {
  description: "The request is taken.",
  headers: { location: { type: "string", description: "Where the run can be followed" } },
  content: { "application/json": { schema: ref(TakenRequest) } },
};

export const ErasureDetail = Type.Object(
  { ...ErasureSchema.properties, receipt: Type.Union([ref(ReceiptSchema), Type.Null()]) },
  { $id: "ErasureDetail" },
);

const ErasureParams = Type.Object({ id: Type.String({ format: "uuid" }) });
const ReceiptParams = Type.Object({
  id: Type.Union([Type.String({ format: "uuid" }), Type.String({ pattern: "^[1-9]\\d{0,14}$" })]),
});
const RequestParams = Type.Object({
  quarantineId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: "From `GET /quarantine`" }),
});

export const erasureRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, runQueue, storage, pageSize } = context;
  const { requests } = context.datasets;

  app.route({
    method: "POST",
    url: "/erasures",
    config: { role: "privacy-officer", takesLong: true },
    schema: {
      summary: "Ask for a person to be forgotten",
      description:
        "Goes the way of a request that comes as a file, and starts the run that takes it. With `dryRun=true` it is " +
        "answered with what would be reached, and changes nothing.",
      tags: ["erasures"],
      querystring: Type.Object({ dryRun: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
      body: ErasureRequestBody,
      response: { 200: ref(ErasurePlan), 202: Accepted },
    },
    handler: async (request, reply) => {
      const { customerId, email } = request.body;
      if (request.query.dryRun === true) {
        const { identity, places } = await planErasure(context.erasurePlan, customerId, email);
        return { identity, places: [...places] };
      }
      await fileRequest(storage, requests, customerId, email);
      const { run, isNew } = await openOrActive("files");
      // Landing is looked through when a run begins.
      const takesIt = isNew || (run.state === "queued" && run.from === null && run.to === null);
      return reply
        .code(202)
        .header("location", `/runs/${run.id}`)
        .send({ run, takenBy: takesIt ? "this_run" : "next_run" });
    },
  });

  app.route({
    method: "GET",
    url: "/erasures",
    config: { role: "viewer" },
    schema: {
      summary: "Erasures, newest first",
      tags: ["erasures"],
      querystring: Type.Object(
        {
          state: Type.Optional(Type.Enum(ERASURE_STATES)),
          runId: Type.Optional(Type.String({ format: "uuid" })),
          receipt: Type.Optional(
            Type.Integer({
              minimum: 1,
              maximum: Number.MAX_SAFE_INTEGER,
              description: "The number on a receipt: only the erasure that it is of",
            }),
          ),
          before: Type.Optional(Type.String({ format: "uuid", description: "`nextCursor` of the page before" })),
          limit: pageSize.limit,
        },
        { additionalProperties: false },
      ),
      response: {
        200: Type.Object({
          erasures: Type.Array(ref(ErasureSchema)),
          nextCursor: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
        }),
        ...problems(404),
      },
    },
    handler: (request) => listErasures(pool, { ...request.query, limit: pageSize.of(request.query.limit) }),
  });

  app.route({
    method: "GET",
    url: "/erasures/findings",
    config: { role: "viewer" },
    schema: {
      summary: "Mentions that a person has to look at",
      description:
        "Where other people's records mention an erased person by a name, a phone or an address that several people may " +
        "share: the place, and no value. Lethe does not change these records.",
      tags: ["erasures"],
      querystring: Type.Object(
        { erasureId: Type.Optional(Type.String({ format: "uuid" })), limit: pageSize.limit },
        { additionalProperties: false },
      ),
      response: { 200: Type.Object({ findings: Type.Array(ref(ReviewFindingSchema)) }), ...problems(404) },
    },
    handler: async (request) => ({
      findings: await listReviewFindings(pool, request.query.erasureId, pageSize.of(request.query.limit)),
    }),
  });

  app.route({
    method: "GET",
    url: "/erasures/:id",
    config: { role: "viewer" },
    schema: {
      summary: "One erasure, with its receipt once it is completed",
      tags: ["erasures"],
      params: ErasureParams,
      response: { 200: ref(ErasureDetail) },
    },
    handler: (request) => readDetail(pool, request.params.id),
  });

  app.route({
    method: "GET",
    url: "/erasures/:id/receipt",
    config: { role: "viewer" },
    schema: {
      summary: "The receipt of a completed erasure",
      description:
        "By the erasure's id, or by the receipt's own number: as JSON, or as a page to print on A4, which loads and runs nothing.",
      tags: ["erasures"],
      params: ReceiptParams,
      querystring: Type.Object(
        { format: Type.Optional(Type.Enum(["json", "html"], { default: "json" })) },
        { additionalProperties: false },
      ),
      response: {
        200: {
          description: "The receipt.",
          content: { "application/json": { schema: ref(ReceiptSchema) }, "text/html": { schema: Type.String() } },
        },
      },
    },
    handler: async (request, reply) => {
      const receipt: Receipt = await readReceipt(pool, request.params.id);
      if (request.query.format !== "html") return reply.type("application/json; charset=utf-8").send(receipt);
      return reply
        .type("text/html; charset=utf-8")
        .send(receiptPage(receipt, declaredTables(context.datasets.database)));
    },
  });

  const verify = oneAtATime((key) =>
    verifyErasure({ ...context.erasurePlan, ring: context.ring, policy: context.policy() }, key, context.proof),
  );
  app.route({
    method: "POST",
    url: "/erasures/:id/verify",
    config: { role: "privacy-officer", takesLong: true },
    schema: {
      summary: "Check a receipt, and that its person is still gone",
      description:
        "By the erasure's id, or by the receipt's own number. Checks the receipt, the whole log that it stands in, and the signatures; then " +
        "looks through every table and file for the person, which takes as long as reading everything does. Where that is more than two " +
        "minutes, `lethe erasure verify` does it. One is made at a time.",
      tags: ["erasures"],
      params: ReceiptParams,
      response: { 200: ref(VerificationSchema) },
    },
    handler: (request) => verify(request.params.id),
  });

  app.route({
    method: "POST",
    url: "/erasures/:id/lift",
    config: { role: "privacy-officer" },
    schema: {
      summary: "Let a person in again who has consented since",
      description: "Records that come from now on are no longer masked; what was masked stays so. The act is logged.",
      tags: ["erasures"],
      params: ErasureParams,
      body: Type.Object(
        {
          note: Type.String({
            pattern: "\\S",
            maxLength: 1_000,
            description: "On what ground. It is kept as it is: name a case, not a person",
          }),
        },
        { additionalProperties: false },
      ),
      response: { 200: ref(ErasureDetail), ...problems(409) },
    },
    handler: async (request) => {
      await liftSuppression(pool, request.params.id, request.body.note, request.caller.name);
      return readDetail(pool, request.params.id);
    },
  });

  app.route({
    method: "POST",
    url: "/erasures/requests/:quarantineId/approve",
    config: { role: "privacy-officer" },
    schema: {
      summary: "Have a request done that waits for a decision",
      description:
        "Such requests stand in quarantine as `identity_mismatch`. `subject` says whose data goes: of the id, of the email, or " +
        "of both; where it is not said, of both if the email was never the customer's, of the email if nobody has the id, and of " +
        "the id otherwise. With `LETHE_FOUR_EYES` the first approval is recorded, and the second, by a token of another name, " +
        "takes effect.",
      tags: ["erasures"],
      params: RequestParams,
      body: Type.Object({ subject: Type.Optional(Type.Enum([...REQUEST_SUBJECTS])) }, { additionalProperties: false }),
      response: { 202: Approved, ...problems(409) },
    },
    handler: async (request, reply) => {
      const approval = { by: request.caller.name, fourEyes: context.fourEyes, subject: request.body.subject };
      if (!(await approveRequest(pool, requests.name, request.params.quarantineId, approval))) {
        return reply.code(202).send({ state: "awaiting second approval" as const, run: null, takenBy: null });
      }
      const { run, isNew } = await openOrActive("replay");
      return reply
        .code(202)
        .header("location", `/runs/${run.id}`)
        .send({ state: "approved" as const, run, takenBy: isNew ? ("this_run" as const) : ("next_run" as const) });
    },
  });

  app.route({
    method: "POST",
    url: "/erasures/requests/:quarantineId/reject",
    config: { role: "privacy-officer" },
    schema: {
      summary: "Refuse a request that is not taken",
      description:
        "It stays out, what it held is masked, and its clock stops: one whose email is not the customer's, or that is " +
        "malformed, unreadable or masked. Its sender must be told why (GDPR Art. 12(4)).",
      tags: ["erasures"],
      params: RequestParams,
      body: Type.Object({ reason: Type.Optional(Reason) }, { additionalProperties: false }),
      response: { 204: Type.Null({ description: "It is refused." }), ...problems(409) },
    },
    handler: async (request, reply) => {
      await rejectRequest(pool, { name: requests.name, ...requests.erasure }, request.params.quarantineId, {
        by: request.caller.name,
        reason: request.body.reason,
      });
      await takeReleased(pool, runQueue, context.datasets);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "GET",
    url: "/erasures/questions",
    config: { role: "viewer" },
    schema: {
      summary: "What a privacy officer has to decide, oldest first",
      description:
        "A question names nobody. Its request, and the records that it holds, stand in quarantine (`requestId`, and the reason " +
        "`held`).",
      tags: ["erasures"],
      querystring: Type.Object({ limit: pageSize.limit }, { additionalProperties: false }),
      response: { 200: Type.Object({ questions: Type.Array(ref(QuestionSchema)) }) },
    },
    handler: async (request) => ({
      questions: await listQuestions(pool, requests.name, pageSize.of(request.query.limit)),
    }),
  });

  app.route({
    method: "GET",
    url: "/erasures/questions/:id",
    config: { role: "viewer" },
    schema: {
      summary: "One open question, with what its records have in common with the erased person",
      description:
        "Of an erased person keyed hashes alone are left: what matches is said, and never a value. `GET /quarantine/{quarantineId}` shows " +
        "a record that is held, and records who looked.",
      tags: ["erasures"],
      params: ErasureParams,
      response: { 200: ref(QuestionDetailSchema) },
    },
    handler: (request) => compareQuestion(pool, context, request.params.id),
  });

  app.route({
    method: "POST",
    url: "/erasures/questions/:id/decide",
    config: { role: "privacy-officer" },
    schema: {
      summary: "Decide whose the records are that a question holds",
      description:
        "`same_person`: they are masked, and what they name joins the erased person. `another_person`, `new_owner`: they are " +
        "loaded, and the id or email that both have is the erased person's only together with another of theirs. Replays of the " +
        "records start by themselves.",
      tags: ["erasures"],
      params: ErasureParams,
      body: Type.Object(
        { decision: Type.Enum([...QUESTION_DECISIONS]), note: Reason },
        { additionalProperties: false },
      ),
      response: { 204: Type.Null({ description: "It is decided." }), ...problems(409) },
    },
    handler: async (request, reply) => {
      const { decision, note } = request.body;
      await decideQuestion(pool, request.params.id, decision, { by: request.caller.name, note });
      await takeReleased(pool, runQueue, context.datasets);
      return reply.code(204).send(null);
    },
  });

  /** Opens and starts a run, or gives the one that is open already. */
  async function openOrActive(kind: RunKind): Promise<{ run: Run; isNew: boolean }> {
    try {
      const runId = await openRun(pool, { job: requests.name, kind, trigger: "api" });
      await runQueue.start(runId, kind);
      return { run: await readRun(pool, runId), isNew: true };
    } catch (error) {
      if (!(error instanceof RunActiveError)) throw error;
      return { run: await readRun(pool, error.activeRunId), isNew: false };
    }
  }
};

async function readDetail(db: Queryable, id: string) {
  const erasure = await readErasure(db, id);
  const receipt = await readReceipt(db, id).catch((error: unknown) => {
    if (error instanceof NotFoundError) return null;
    throw error;
  });
  return { ...erasure, receipt };
}
