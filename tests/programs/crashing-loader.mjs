// The loader as it is, but for a crash: the process ends on the spot before a step is taken for the given time. It says
// which steps it takes, so that a test can go through all of them.
import { appendFileSync } from "node:fs";
import { runService } from "@lethe/service-kit/run-service";
import { loaderService } from "../../services/loader/dist/service.js";

const { STEPS_FILE, CRASH_STEP, CRASH_TIME } = process.env;
let times = 0;

await runService(
  loaderService((step) => {
    if (STEPS_FILE !== undefined) appendFileSync(STEPS_FILE, `${step}\n`);
    if (step !== CRASH_STEP) return;
    times += 1;
    if (times === Number(CRASH_TIME)) process.kill(process.pid, "SIGKILL");
  }),
);
