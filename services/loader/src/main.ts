import { runService } from "@lethe/service-kit/run-service";
import { loaderService } from "./loader-service.js";

await runService(loaderService());
