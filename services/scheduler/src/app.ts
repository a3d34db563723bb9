import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import { BackfillPlanSchema } from "@lethe/contracts/backfills";
import { AlertSchema, CheckResultSchema } from "@lethe/contracts/checks";
import { DataMapSchema } from "@lethe/contracts/data-map-schema";
import { DeadLetterSchema } from "@lethe/contracts/dead-letters";
import { FindingSchema } from "@lethe/contracts/diagnosis";
import { ErasureSchema, ReceiptSchema, ReviewFindingSchema } from "@lethe/contracts/erasures";
import {
  DeliverySchema,
  LineBatchSchema,
  LineTraceSchema,
  RecordTraceSchema,
  TraceableDatasetSchema,
} from "@lethe/contracts/lineage";
import { OverviewSchema } from "@lethe/contracts/overview";
import { PartitionCalendarSchema, PartitionDetailSchema } from "@lethe/contracts/partitions";
import { ProblemSchema } from "@lethe/contracts/problem";
import { DeclaredChecksSchema, QualitySeriesSchema } from "@lethe/contracts/quality-series";
import { QuarantineEntrySchema, QuarantineRecordSchema, ReplayPlanSchema } from "@lethe/contracts/quarantine";
import { QuestionDetailSchema, QuestionSchema } from "@lethe/contracts/questions";
import { RequestComparisonSchema } from "@lethe/contracts/request-comparison";
import { RequestSchema } from "@lethe/contracts/requests";
import { RestrictionSchema } from "@lethe/contracts/restrictions";
import { RewrittenFileSchema } from "@lethe/contracts/rewritten-files";
import { RunEventSchema, RunProgressSchema } from "@lethe/contracts/run-events";
import { RunPlanSchema } from "@lethe/contracts/run-plan";
import { RunBatchSchema, RunFileSchema, RunSchema } from "@lethe/contracts/runs";
import { ScheduleSchema } from "@lethe/contracts/schedules";
import { ServiceProcessSchema } from "@lethe/contracts/service-processes";
import { SessionSchema } from "@lethe/contracts/session";
import { SubjectExportSchema } from "@lethe/contracts/subject-export";
import { VerificationSchema } from "@lethe/contracts/verification";
import { type FastifyInstance, fastify } from "fastify";
import { API_PAGE } from "./api-page.js";
import type { SchedulerContext } from "./context.js";
import { createTokenCheck } from "./http/access-token.js";
import { answerInTime } from "./http/answer-in-time.js";
import { createCallers } from "./http/callers.js";
import { connectionLimits } from "./http/connection-limits.js";
import { declareProblems } from "./http/declared-problems.js";
import { declareForeign, guard } from "./http/guard.js";
import { parseJsonBodies } from "./http/json-body.js";
import { refuseUnknownMethods } from "./http/known-methods.js";
import { buildSerializer } from "./http/late-serializers.js";
import { refuseNeedlessBodies } from "./http/no-body.js";
import { sendWholeFiles } from "./http/no-ranges.js";
import { refuseOddAddresses } from "./http/plain-address.js";
import { problem, problemOf, sendProblem } from "./http/problem.js";
import { requirePlainNumbers } from "./http/query-numbers.js";
import { logRequests } from "./http/request-log.js";
import { measureRequests } from "./http/request-metrics.js";
import { traceRequests } from "./http/request-spans.js";
import { declareRoles, requireRoles } from "./http/route-roles.js";
import { createSessions, sessionKeyOf } from "./http/sessions.js";
import { OPEN_API } from "./open-api.js";
import { API_PAGE_FILES } from "./page-files.js";
import { boardRoutes } from "./routes/board.js";
import { checkRoutes } from "./routes/checks.js";
import { consoleRoutes } from "./routes/console.js";
import { dataMapRoutes } from "./routes/data-map.js";
import { deadLetterRoutes } from "./routes/dead-letters.js";
import { ErasureDetail, ErasurePlan, erasureRoutes, TakenRequest } from "./routes/erasures.js";
import { feedRoutes } from "./routes/feed.js";
import { healthRoutes, Readiness } from "./routes/health.js";
import { installationRoutes } from "./routes/installation.js";
import { jobRoutes } from "./routes/jobs.js";
import { lineageRoutes } from "./routes/lineage.js";
import { overviewRoutes } from "./routes/overview.js";
import { partitionRoutes } from "./routes/partitions.js";
import { quarantineRoutes } from "./routes/quarantine.js";
import { requestRoutes } from "./routes/requests.js";
import { runEventRoutes } from "./routes/run-events.js";
import { RunDetail, runRoutes } from "./routes/runs.js";
import { scheduleRoutes } from "./routes/schedules.js";
import { sessionRoutes } from "./routes/session.js";
import { subjectRoutes } from "./routes/subjects.js";

/** What answers refer to by name. */
const SCHEMAS = [
  ProblemSchema,
  RunSchema,
  BackfillPlanSchema,
  RunPlanSchema,
  ReplayPlanSchema,
  RunDetail,
  RunBatchSchema,
  RunFileSchema,
  RunProgressSchema,
  RunEventSchema,
  ScheduleSchema,
  OverviewSchema,
  QuarantineEntrySchema,
  QuarantineRecordSchema,
  DeadLetterSchema,
  ErasureSchema,
  RequestSchema,
  RewrittenFileSchema,
  SubjectExportSchema,
  RestrictionSchema,
  ReceiptSchema,
  QuestionSchema,
  VerificationSchema,
  QuestionDetailSchema,
  RequestComparisonSchema,
  ReviewFindingSchema,
  ErasureDetail,
  ErasurePlan,
  TakenRequest,
  Readiness,
  CheckResultSchema,
  AlertSchema,
  PartitionCalendarSchema,
  PartitionDetailSchema,
  QualitySeriesSchema,
  DeclaredChecksSchema,
  FindingSchema,
  DataMapSchema,
  ServiceProcessSchema,
  DeliverySchema,
  LineBatchSchema,
  RecordTraceSchema,
  LineTraceSchema,
  TraceableDatasetSchema,
  SessionSchema,
];

/** Builds the API with its description, its page and Bull Board; it listens nowhere yet. */
export async function buildApp(context: SchedulerContext): Promise<FastifyInstance> {
  const { log, token, openId, limits } = context;
  const app = fastify({
    // Fastify's own lines hold whole addresses.
    logger: false,
    frameworkErrors: (error, request, reply) => refuseUnreadable(request, reply, problemOf(error, limits.bodyBytes)),
    schemaController: { compilersFactory: { buildSerializer } },
    ...connectionLimits(limits.requestMs, limits.bodyBytes, limits.connections),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setErrorHandler((error, request, reply) => {
    const answer = problemOf(error, request.routeOptions.bodyLimit ?? limits.bodyBytes);
    if (answer.status >= 500)
      log.error({ error, method: request.method, route: request.routeOptions.url }, "request failed");
    return sendProblem(reply, answer);
  });
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, problem(404, "not_found", "there is nothing at this address")),
  );
  logRequests(app, log);
  measureRequests(app, context.registry);
  traceRequests(app);
  requireRoles(app);
  await app.register(cookie, { hook: false });
  const identify = createTokenCheck(token, context.pool, limits.answerMs / 2);
  const door = {
    identify,
    ...createSessions(sessionKeyOf(context), identify, (session) => openId?.open(session)),
    isTokenRequired: token !== undefined || openId !== undefined,
  };
  const callers = createCallers(door, limits);
  const refuseUnreadable = guard(app, callers);
  refuseOddAddresses(app);
  const refuseOtherMethods = refuseUnknownMethods(app);
  refuseNeedlessBodies(app);
  sendWholeFiles(app);
  parseJsonBodies(app);
  requirePlainNumbers(app);
  answerInTime(app, limits.answerMs);
  declareProblems(app);
  for (const schema of SCHEMAS) app.addSchema(schema);
  app.addSchema({ $id: "DatasetName", type: "string", enum: context.datasets.names });
  await app.register(swagger, OPEN_API);
  await app.register(async (pages) => {
    declareRoles(pages, "viewer", "operator");
    declareForeign(pages);
    await pages.register(swaggerUi, { routePrefix: "/docs", baseDir: API_PAGE_FILES, ...API_PAGE });
    await pages.register(boardRoutes, context.board);
  });
  await app.register(sessionRoutes, { callers, openId });
  await app.register(consoleRoutes);
  for (const routes of [
    overviewRoutes,
    jobRoutes,
    runRoutes,
    runEventRoutes,
    deadLetterRoutes,
    scheduleRoutes,
    quarantineRoutes,
    erasureRoutes,
    requestRoutes,
    checkRoutes,
    partitionRoutes,
    feedRoutes,
    subjectRoutes,
    dataMapRoutes,
    lineageRoutes,
    installationRoutes,
    healthRoutes,
  ]) {
    await app.register(routes, context);
  }
  refuseOtherMethods();
  return app;
}
