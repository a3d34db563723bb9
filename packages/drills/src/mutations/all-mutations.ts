import type { Fault } from "../fault.js";
import { serializationFailure } from "../faults/break-postgres.js";
import { cutRedis, emptyRedis, halfOpenRedis } from "../faults/break-redis.js";
import { damageStaging } from "../faults/damage-staging.js";
import { deliverTwice } from "../faults/deliver-twice.js";
import { SCHEDULE_FAULTS } from "../faults/disturb-schedules.js";
import { fillDisk } from "../faults/fill-disk.js";
import { killService } from "../faults/kill-service.js";
import { manyInstances } from "../faults/many-instances.js";
import { fullRedis, readOnlyFolder, revokedRight, standbyPostgres } from "../faults/refuse-writes.js";
import { wakeStoppedExtractor, wakeStoppedLoader } from "../faults/wake-stopped.js";
import type { Mutation } from "./mutation.js";
import type { Seam } from "./seam.js";

const FENCE: readonly Seam[] = (
  [
    ["inFencedTransaction", "writeAsWhoeverHolds"],
    ["whileChangingRun", "writeAsWhoeverHolds"],
    ["requireExtraction", "requireNothing"],
  ] as const
).map(([name, mutant]) => ({ module: "packages/warehouse/src/ledger/extraction-fence.ts", name, mutant }));

const ERASURE_FENCE: readonly Seam[] = (
  [
    ["inErasureTransaction", "eraseAsWhoeverHolds"],
    ["requireErasures", "requireNothing"],
  ] as const
).map(([name, mutant]) => ({ module: "packages/warehouse/src/erasures/erasure-fence.ts", name, mutant }));

/** The guards, each of which a drill must miss when it is out. */
export const ALL_MUTATIONS: readonly Mutation[] = [
  {
    guard: "a batch that is loaded is not loaded again",
    seams: [
      { module: "packages/contracts/src/runs.ts", name: "isPending", mutant: "everyBatchIsPending" },
      { module: "packages/warehouse/src/ledger/load-batch.ts", name: "claimNextToLoad", mutant: "claimWhatIsLoaded" },
    ],
    fault: deliverTwice,
    rounds: 3,
  },
  {
    guard: "the batches of a run are loaded in their order",
    seams: [
      { module: "packages/warehouse/src/ledger/load-batch.ts", name: "claimNextToLoad", mutant: "claimTheLastFirst" },
      { module: "packages/warehouse/src/ledger/load-batch.ts", name: "awaitTurn", mutant: "haveTheTurnAtOnce" },
    ],
    fault: manyInstances,
    rounds: 3,
  },
  {
    // By the lock; and should that be lost, by the fence.
    guard: "a run is extracted by one process at a time",
    seams: [
      {
        module: "packages/warehouse/src/ledger/change-run.ts",
        name: "whileAloneExtracting",
        mutant: "extractBesideOthers",
      },
      ...FENCE,
    ],
    fault: wakeStoppedExtractor,
    rounds: 6,
  },
  {
    guard: "whoever has lost an extraction writes nothing more of it",
    seams: FENCE,
    fault: wakeStoppedExtractor,
    rounds: 6,
  },
  {
    guard: "whoever has lost the erasures writes nothing more of them",
    seams: ERASURE_FENCE,
    fault: wakeStoppedLoader,
    rounds: 6,
  },
  {
    guard: "an interrupted extraction goes on behind the last recorded batch",
    seams: [
      {
        module: "packages/warehouse/src/ledger/record-batches.ts",
        name: "nextLineOfFile",
        mutant: "extractFromTheFirstLine",
      },
    ],
    fault: killService("extractor"),
    rounds: 40,
  },
  {
    guard: "what Redis forgot is enqueued again",
    seams: [
      { module: "packages/service-kit/src/enqueue.ts", name: "enqueueActiveRuns", mutant: "enqueueNothingAgain" },
    ],
    fault: emptyRedis,
    rounds: 3,
  },
  {
    guard: "schedules that Redis forgot are set again",
    seams: [{ module: "services/scheduler/src/reconciler.ts", name: "startReconciler", mutant: "setNoScheduleAgain" }],
    fault: named(SCHEDULE_FAULTS, "comes back empty"),
    rounds: 2,
  },
  {
    guard: "a schedule that is refused keeps no other from being set",
    seams: [
      {
        module: "packages/service-kit/src/cron/check-schedule.ts",
        name: "problemOfSchedule",
        mutant: "throwProblems",
      },
      { module: "services/scheduler/src/schedules/for-each-job.ts", name: "forEachJob", mutant: "stopAtTheFirst" },
    ],
    fault: named(SCHEDULE_FAULTS, "pattern is refused"),
    rounds: 2,
  },
  {
    guard: "an error that heals is tried again",
    seams: [{ module: "packages/service-kit/src/safe-error.ts", name: "safeError", mutant: "giveUpOnErrorsThatHeal" }],
    fault: serializationFailure,
    rounds: 2,
  },
  {
    guard: "errors of the disk are tried again",
    seams: [{ module: "packages/service-kit/src/safe-error.ts", name: "safeError", mutant: "giveUpOnUnknownErrors" }],
    fault: fillDisk("staging"),
    rounds: 2,
  },
  {
    guard: "a job whose worker vanished is given to another one more than once",
    seams: [
      { module: "packages/service-kit/src/job-ownership.ts", name: "jobOwnership", mutant: "failWithTheFirstWorker" },
    ],
    fault: killService("loader"),
    rounds: 12,
  },
  {
    guard: "lost batches are made again",
    seams: [
      {
        module: "services/transformer/src/transform-or-restage.ts",
        name: "transformOrRestage",
        mutant: "restageNothing",
      },
    ],
    fault: damageStaging("missing"),
    rounds: 4,
  },
  {
    guard: "a connection on which nothing is answered is given up",
    seams: [
      { module: "packages/service-kit/src/redis-options.ts", name: "redisOptions", mutant: "waitForAnAnswerForEver" },
    ],
    fault: halfOpenRedis,
    rounds: 2,
  },
  {
    guard: "a lost connection to Redis is made again",
    seams: [{ module: "packages/service-kit/src/redis-options.ts", name: "redisOptions", mutant: "connectOnce" }],
    fault: cutRedis,
    rounds: 2,
  },
  {
    guard: "a Redis that refuses writes makes a service unready",
    seams: [{ module: "packages/service-kit/src/redis-probe.ts", name: "probeRedis", mutant: "doNothing" }],
    fault: fullRedis,
    rounds: 1,
  },
  {
    guard: "a database that takes no writes makes a service unready",
    seams: [
      { module: "packages/warehouse/src/check-pool.ts", name: "createDatabaseReadiness", mutant: "beAlwaysReady" },
    ],
    fault: standbyPostgres,
    rounds: 1,
  },
  {
    guard: "a right that is missing makes a service unready",
    seams: [{ module: "packages/warehouse/src/require-rights.ts", name: "requireServiceRights", mutant: "doNothing" }],
    fault: revokedRight,
    rounds: 1,
  },
  {
    guard: "a folder that cannot be written makes a service unready",
    seams: [{ module: "packages/storage/src/probe-folder.ts", name: "tryToWrite", mutant: "doNothing" }],
    fault: readOnlyFolder,
    rounds: 1,
  },
];

function named(faults: readonly Fault[], text: string): Fault {
  const fault = faults.find(({ name }) => name.includes(text));
  if (fault === undefined) throw new Error(`there is no fault ${text}`);
  return fault;
}
