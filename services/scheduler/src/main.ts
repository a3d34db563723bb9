import { runService } from "@lethe/service-kit/run-service";
import { schedulerService } from "./service.js";

await runService(schedulerService);
