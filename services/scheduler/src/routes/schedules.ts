import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ScheduleSchema } from "@lethe/contracts/schedules";
import { checkSchedule } from "@lethe/service-kit/cron/check-schedule";
import { presentSchedule } from "@lethe/service-kit/cron/present-schedule";
import { changeSchedule, readSchedules } from "@lethe/warehouse/ledger/schedules";
import Type from "typebox";
import type { SchedulerContext } from "../context.js";
import { ref } from "../http/response-schemas.js";

const CRON =
  "5 fields, or 6 with seconds first: `*`, lists, ranges, steps, names of months and days, `L` for a month's last day, `5L` and " +
  "`5#2` for its last Friday and its second one. What is not understood, or never fires, is refused";

const ScheduleChangeBody = Type.Object(
  {
    cron: Type.Optional(Type.String({ maxLength: 200, description: CRON })),
    timezone: Type.Optional(Type.String({ maxLength: 100, description: "IANA name", examples: ["Europe/Zagreb"] })),
    enabled: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const scheduleRoutes: FastifyPluginAsyncTypebox<SchedulerContext> = async (app, context) => {
  const { pool, datasets, schedules: rules, applySchedules } = context;

  app.route({
    method: "GET",
    url: "/schedules",
    config: { role: "viewer" },
    schema: {
      summary: "When the jobs run by themselves",
      tags: ["schedules"],
      response: { 200: Type.Object({ schedules: Type.Array(ref(ScheduleSchema)) }) },
    },
    handler: async () => {
      const now = new Date();
      const schedules = await readSchedules(pool, datasets.all);
      return { schedules: schedules.map((schedule) => presentSchedule(schedule, now, rules)) };
    },
  });

  app.route({
    method: "PATCH",
    url: "/schedules/:job",
    config: { role: "operator" },
    schema: {
      summary: "Change a schedule, or switch it on or off",
      description: "Takes effect at once and is kept over restarts.",
      tags: ["schedules"],
      params: Type.Object({ job: Type.Enum([...datasets.names]) }),
      body: ScheduleChangeBody,
      response: { 200: ref(ScheduleSchema) },
    },
    handler: async (request) => {
      checkSchedule(request.body, rules);
      // Where no schedule fires, nobody may have stored the defaults yet.
      await readSchedules(pool, datasets.all);
      const schedule = await changeSchedule(pool, request.params.job, request.body);
      await applySchedules();
      return presentSchedule(schedule, new Date(), rules);
    },
  });
};
