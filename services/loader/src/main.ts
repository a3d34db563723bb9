import { collectRarely } from "@lethe/service-kit/collect-rarely";
import { giveWay } from "@lethe/service-kit/give-way";
import { runService } from "@lethe/service-kit/run-service";
import { loaderService } from "./loader-service.js";

giveWay();
collectRarely();
await runService(loaderService());
