// The loader as it is, but for a crash: the process ends on the spot before a step is taken for the given time. A test sets
// it by the environment, or while the loader runs by a file, from whose arrival on steps are counted. It says which steps it
// takes, so that a test can go through all of them.
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { runService } from "@lethe/service-kit/run-service";
import { loaderService } from "../../services/loader/dist/service.js";

const { STEPS_FILE, CRASH_STEP, CRASH_TIME, CRASH_FILE } = process.env;
let crash = { step: CRASH_STEP, time: Number(CRASH_TIME) };
let times = 0;

await runService(
  loaderService((step) => {
    if (STEPS_FILE !== undefined) appendFileSync(STEPS_FILE, `${step}\n`);
    if (CRASH_FILE !== undefined && existsSync(CRASH_FILE)) {
      crash = JSON.parse(readFileSync(CRASH_FILE, "utf8"));
      times = 0;
      rmSync(CRASH_FILE);
    }
    if (step !== crash.step) return;
    times += 1;
    if (times === crash.time) process.kill(process.pid, "SIGKILL");
  }),
);
