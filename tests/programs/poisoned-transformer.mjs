// The transformer as it is, but for its threads: records that hold certain words exhaust them.
import { runService } from "@lethe/service-kit/run-service";
import { transformerService } from "../../services/transformer/dist/service.js";

await runService(transformerService({ thread: new URL("./poisoned-thread.mjs", import.meta.url) }));
