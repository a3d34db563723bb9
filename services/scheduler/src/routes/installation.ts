import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { FindingSchema, LeftOutSchema } from "@lethe/contracts/diagnosis";
import { onceIn } from "@lethe/service-kit/once-a-second";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";

/** A diagnosis opens connections to everything; however many look, it is made once in this time. */
const DIAGNOSIS_FRESH_MS = 10_000;

const Diagnosis = Type.Object({
  askedAt: Type.String({ format: "date-time", description: "When it was made; it may be ten seconds old." }),
  findings: Type.Array(ref(FindingSchema)),
  made: Type.Array(Type.String(), { description: "Names of the checks that were made." }),
  leftOut: Type.Array(LeftOutSchema),
});

/** What is to be known of the installation itself: how it is, what works in it, and with which keys and tokens. */
export const installationRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, { installation }) => {
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
};
