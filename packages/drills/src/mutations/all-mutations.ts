import type { Fault } from "../fault.js";
import { serializationFailure } from "../faults/break-postgres.js";
import { cutRedis, emptyRedis, halfOpenRedis } from "../faults/break-redis.js";
import { damageStaging } from "../faults/damage-staging.js";
import { deliverTwice } from "../faults/deliver-twice.js";
import { SCHEDULE_FAULTS } from "../faults/disturb-schedules.js";
import { fillDisk } from "../faults/fill-disk.js";
import { killService } from "../faults/kill-service.js";
import type { Mutation } from "./mutation.js";

/** The guards that drills must miss when they are out. */
export const ALL_MUTATIONS: readonly Mutation[] = [
  {
    guard: "a batch that is loaded is not loaded again",
    edits: [
      {
        file: "packages/warehouse/dist/ledger/load-batch.js",
        find: "return isPending(state);",
        replace: "return true;",
      },
      {
        file: "services/loader/dist/load-job.js",
        find: "if (isPending(info.state)) {",
        replace: "if (true) {",
      },
    ],
    fault: deliverTwice,
    rounds: 3,
  },
  {
    guard: "a run is extracted by one process at a time",
    edits: [
      {
        file: "packages/warehouse/dist/advisory-lock.js",
        find: "select pg_advisory_lock(",
        replace: "select (",
      },
    ],
    fault: deliverTwice,
    rounds: 40,
  },
  {
    guard: "an interrupted extraction goes on behind the last recorded batch",
    edits: [
      {
        file: "services/extractor/dist/extract-large-file.js",
        find: 'claim.kind === "resumed" ? await nextLineOfFile(context.pool, fileId) : 1',
        replace: "1",
      },
    ],
    fault: killService("extractor"),
    rounds: 40,
  },
  {
    guard: "what Redis forgot is enqueued again",
    edits: [
      {
        file: "services/scheduler/dist/start-scheduler.js",
        find: "const added = await enqueueActiveRuns(queues, await readActiveRuns(pool));",
        replace: "const added = 0;",
      },
    ],
    fault: emptyRedis,
    rounds: 3,
  },
  {
    guard: "schedules that Redis forgot are set again",
    edits: [
      {
        file: "services/scheduler/dist/start-scheduler.js",
        find: '{ name: "apply schedules", run: applySchedules },',
        replace: "",
      },
    ],
    fault: named(SCHEDULE_FAULTS, "comes back empty"),
    rounds: 2,
  },
  {
    guard: "an error that heals is tried again",
    edits: [
      {
        file: "packages/contracts/dist/errors.js",
        find: 'code = "transient";\n    retryable = true;',
        replace: 'code = "transient";\n    retryable = false;',
      },
      {
        file: "packages/service-kit/dist/safe-error.js",
        find: '.join(" "),\n            retryable: true,',
        replace: '.join(" "),\n            retryable: false,',
      },
    ],
    fault: serializationFailure,
    rounds: 2,
  },
  {
    guard: "errors of the disk are tried again",
    edits: [
      {
        file: "packages/service-kit/dist/safe-error.js",
        find: "retryable: true,\n        frames,\n    };\n}\n/** What has been",
        replace: "retryable: false,\n        frames,\n    };\n}\n/** What has been",
      },
    ],
    fault: fillDisk("staging"),
    rounds: 2,
  },
  {
    guard: "a job whose worker vanished is given to another one more than once",
    edits: [
      {
        file: "packages/service-kit/dist/worker.js",
        find: "const MAX_STALLED_COUNT = 10;",
        replace: "const MAX_STALLED_COUNT = 0;",
      },
    ],
    fault: killService("loader"),
    rounds: 4,
  },
  {
    guard: "lost batches are made again",
    edits: [
      {
        file: "services/transformer/dist/or-restage.js",
        find: "if (!(error instanceof StagedObjectError))",
        replace: "if (true)",
      },
    ],
    fault: damageStaging("missing"),
    rounds: 4,
  },
  {
    guard: "a connection on which nothing is answered is given up",
    edits: [
      {
        file: "packages/service-kit/dist/redis.js",
        find: "socketTimeout: SILENCE_MS,",
        replace: "",
      },
    ],
    fault: halfOpenRedis,
    rounds: 2,
  },
  {
    guard: "a lost connection to Redis is made again",
    edits: [
      {
        file: "packages/service-kit/dist/redis.js",
        find: "retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 5_000),",
        replace: "retryStrategy: () => null,",
      },
    ],
    fault: cutRedis,
    rounds: 2,
  },
];

function named(faults: readonly Fault[], text: string): Fault {
  const fault = faults.find(({ name }) => name.includes(text));
  if (fault === undefined) throw new Error(`there is no fault ${text}`);
  return fault;
}
