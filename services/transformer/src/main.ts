import { runService } from "@lethe/service-kit/run-service";
import { transformerService } from "./transformer-service.js";

await runService(transformerService());
