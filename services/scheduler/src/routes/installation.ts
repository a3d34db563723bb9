import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { FindingSchema, LeftOutSchema } from "@lethe/contracts/diagnosis";
import { JOB_NAMES } from "@lethe/contracts/jobs";
import { PrivacyKeyUseSchema, SigningKeyUseSchema } from "@lethe/contracts/keys";
import { ApiTokenSchema } from "@lethe/contracts/roles";
import { ServiceProcessSchema } from "@lethe/contracts/service-processes";
import { SERVICE_NAMES } from "@lethe/contracts/services";
import { keyUses } from "@lethe/privacy/key-uses";
import { onceASecond, onceIn } from "@lethe/service-kit/once-a-second";
import { listApiTokens } from "@lethe/warehouse/access/api-tokens";
import { readSigningKeyUses } from "@lethe/warehouse/proof/read-log";
import { readSuppressionsByKey } from "@lethe/warehouse/suppressions";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";
import { QUEUE_STATES, type QueueState, readQueues } from "../queue-depths.js";

/** A diagnosis opens connections to everything; however many look, it is made once in this time. */
const DIAGNOSIS_FRESH_MS = 10_000;

const Diagnosis = Type.Object({
  askedAt: Type.String({ format: "date-time", description: "When it was made; it may be ten seconds old." }),
  findings: Type.Array(ref(FindingSchema)),
  made: Type.Array(Type.String(), { description: "Names of the checks that were made." }),
  leftOut: Type.Array(LeftOutSchema),
});

const Services = Type.Object({
  services: Type.Array(
    Type.Object({
      name: Type.Enum([...SERVICE_NAMES]),
      state: Type.Enum(["ready", "not ready", "missing"], {
        description: "`ready`: one process is. `missing`: none has reported itself within half a minute.",
      }),
      processes: Type.Array(ref(ServiceProcessSchema)),
    }),
  ),
});

const jobCounts = Object.fromEntries(QUEUE_STATES.map((state) => [state, Type.Integer()]));
const Queues = Type.Object({
  queues: Type.Array(
    Type.Object({
      name: Type.Enum([...JOB_NAMES]),
      jobs: Type.Object(jobCounts as Record<QueueState, Type.TInteger>, { description: "Jobs by state" }),
      oldestWaitingSeconds: Type.Union([Type.Number(), Type.Null()], {
        description: "For how long the job has been in the queue that a worker takes next; null where none waits.",
      }),
      workers: Type.Union([Type.Integer(), Type.Null()], {
        description: "Connected workers; null where Redis does not say who is connected.",
      }),
      isPaused: Type.Boolean(),
    }),
  ),
});

const Keys = Type.Object({
  privacy: Type.Union([Type.Array(PrivacyKeyUseSchema), Type.Null()], {
    description: "Null where the scheduler was not given the privacy keys.",
  }),
  signing: Type.Array(SigningKeyUseSchema),
});

/** What is to be known of the installation itself: how it is, what works in it, and with which keys and tokens. */
export const installationRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { installation, pool, ring, board } = context;
  const diagnosis = onceIn(DIAGNOSIS_FRESH_MS, async () => {
    const askedAt = new Date().toISOString();
    const { findings, made, leftOut } = await installation.diagnose();
    return { askedAt, findings: [...findings], made: [...made], leftOut: [...leftOut] };
  });

  app.route({
    method: "GET",
    url: "/doctor",
    config: { role: "viewer" },
    schema: {
      summary: "What keeps, or will keep, Lethe from working, and what to do about it",
      description:
        "What `lethe doctor` says, as seen by the scheduler. Checks that need a setting which another service has are left out by name.",
      tags: ["health"],
      response: { 200: Diagnosis },
    },
    handler: diagnosis,
  });

  const services = onceASecond(async () => {
    const found = await installation.processes();
    return SERVICE_NAMES.map((name) => {
      const processes = found.filter(({ service }) => service === name);
      const isReady = processes.some(({ ready }) => ready);
      return { name, state: stateOf(processes.length, isReady), processes };
    });
  });
  app.route({
    method: "GET",
    url: "/services",
    config: { role: "viewer" },
    schema: {
      summary: "The services, with the processes that work as each of them",
      description: "Each process reports itself every ten seconds, with its version and whether it is ready.",
      tags: ["health"],
      response: { 200: Services },
    },
    handler: async () => ({ services: await services() }),
  });

  const queues = onceASecond(() => readQueues(board.queues));
  app.route({
    method: "GET",
    // Bull Board has /queues.
    url: "/queue-depths",
    config: { role: "viewer" },
    schema: {
      summary: "How many jobs each queue has, for how long the oldest waits, and how many workers are connected",
      tags: ["health"],
      response: { 200: Queues },
    },
    handler: async () => ({ queues: await queues() }),
  });

  app.route({
    method: "GET",
    url: "/keys",
    config: { role: "viewer" },
    schema: {
      summary: "Which keys are in use, by their ids",
      description: "Never the keys themselves. What they are needed for, and since when, is what the database says.",
      tags: ["health"],
      response: { 200: Keys },
    },
    handler: async () => ({
      privacy: ring === undefined ? null : keyUses(ring, await readSuppressionsByKey(pool)),
      signing: await readSigningKeyUses(pool),
    }),
  });

  app.route({
    method: "GET",
    url: "/tokens",
    config: { role: "admin" },
    schema: {
      summary: "The named tokens of the API, with their roles, the revoked ones among them",
      description: "Never a token, nor its hash. `lethe tokens` creates and revokes them.",
      tags: ["health"],
      response: { 200: Type.Object({ tokens: Type.Array(ApiTokenSchema) }) },
    },
    handler: async () => ({ tokens: await listApiTokens(pool) }),
  });
};

function stateOf(processes: number, isReady: boolean) {
  if (processes === 0) return "missing" as const;
  return isReady ? ("ready" as const) : ("not ready" as const);
}
