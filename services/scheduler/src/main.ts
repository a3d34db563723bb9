import { runService } from "@lethe/service-kit/run-service";
import { SchedulerSettingsSchema } from "./settings.js";
import { startScheduler } from "./start-scheduler.js";

await runService({ name: "scheduler", settings: SchedulerSettingsSchema, start: startScheduler });
