import { lowerPriority } from "@lethe/service-kit/lower-priority";
import { runService } from "@lethe/service-kit/run-service";
import { tuneGarbageCollection } from "@lethe/service-kit/tune-garbage-collection";
import { loaderService } from "./service.js";

lowerPriority();
tuneGarbageCollection();
await runService(loaderService());
