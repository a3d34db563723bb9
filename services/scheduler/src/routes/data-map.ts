import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { type DataMap, DataMapSchema } from "@lethe/contracts/data-map-schema";
import { createDataMap } from "@lethe/erasure/data-map";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";

export const dataMapRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, { datasets, policy }) => {
  let map: DataMap | undefined;

  app.route({
    method: "GET",
    url: "/data-map",
    config: { role: "viewer" },
    schema: {
      summary: "What every column of every table holds about people, what an erasure leaves of it, and who may read it",
      description:
        "The basis of a record of processing (GDPR Art. 30), derived from what is declared of each dataset, under the policy that the " +
        "scheduler's `LETHE_POLICY_FILE` names, else the one that comes with Lethe.",
      tags: ["subjects"],
      response: { 200: ref(DataMapSchema) },
    },
    handler: async () => {
      map ??= createDataMap(datasets, policy());
      return map;
    },
  });
};
