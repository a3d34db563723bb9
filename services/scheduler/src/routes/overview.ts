import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { OverviewSchema } from "@lethe/contracts/overview";
import { onceASecond } from "@lethe/service-kit/once-a-second";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";
import { readOverview } from "../overview/read-overview.js";

export const overviewRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const overview = onceASecond(() => readOverview(context, new Date()));

  app.route({
    method: "GET",
    url: "/overview",
    config: { role: "viewer" },
    schema: {
      summary: "How things stand: jobs, freshness, the last 24 hours, and what waits for somebody",
      description:
        "Each entry of `needsSomebody` counts what waits and names the address that lists it. Asked often, it is read once a second.",
      tags: ["jobs"],
      response: { 200: ref(OverviewSchema) },
    },
    handler: () => overview(),
  });
};
