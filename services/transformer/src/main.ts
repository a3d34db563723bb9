import { giveWay } from "@lethe/service-kit/give-way";
import { runService } from "@lethe/service-kit/run-service";
import { transformerService } from "./transformer-service.js";

giveWay();
await runService(transformerService());
