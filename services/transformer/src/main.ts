import { lowerPriority } from "@lethe/service-kit/lower-priority";
import { runService } from "@lethe/service-kit/run-service";
import { transformerService } from "./service.js";

lowerPriority();
await runService(transformerService());
