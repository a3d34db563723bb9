import type { isPending } from "@lethe/contracts/runs";
import type { enqueueActiveRuns } from "@lethe/service-kit/enqueue";
import type { jobOwnership } from "@lethe/service-kit/job-ownership";
import type { redisOptions } from "@lethe/service-kit/redis-options";
import type { SafeError, safeError } from "@lethe/service-kit/safe-error";
import type { createDatabaseReadiness } from "@lethe/warehouse/check-pool";
import type { inErasureTransaction } from "@lethe/warehouse/erasures/erasure-fence";
import type { whileAloneExtracting } from "@lethe/warehouse/ledger/change-run";
import type { inFencedTransaction, requireExtraction } from "@lethe/warehouse/ledger/extraction-fence";
import type { awaitTurn, claimNextToLoad } from "@lethe/warehouse/ledger/load-batch";
import type { nextLineOfFile } from "@lethe/warehouse/ledger/record-batches";

/** Returns the function that takes the original's place. */
type Mutant<F> = (original: F) => F;

// Of services, which the drills do not import, only what the mutants need to know.
type OrRestage = (pool: unknown, queues: unknown, payload: unknown, log: unknown, transform: () => unknown) => unknown;
type ForEachJob = (jobs: readonly unknown[], act: (job: unknown) => Promise<void>) => Promise<void>;
type StartReconciler = (redis: unknown, log: unknown, everyMs: number, tasks: readonly { name: string }[]) => unknown;

/** Each takes one guard out. They run within the services, see `seam-hook.mjs`. */
export const MUTANTS = {
  everyBatchIsPending: (() => () => true) satisfies Mutant<typeof isPending>,
  claimTheLastFirst: (() => async (client, runId, most) => {
    const { rows } = await client.query<{ id: string }>(
      `select id from ledger.batches where run_id = $1 and state = 'transformed' and not restaging and not republishing
       order by number desc limit $2 for update skip locked`,
      [runId, most],
    );
    return rows.map(({ id }) => id);
  }) satisfies Mutant<typeof claimNextToLoad>,
  claimWhatIsLoaded: (() => async (client, runId, most) => {
    const { rows } = await client.query<{ id: string }>(
      `select id from ledger.batches where run_id = $1 and state in ('transformed', 'loaded') and not restaging and not republishing
       order by number limit $2 for update`,
      [runId, most],
    );
    return rows.map(({ id }) => id);
  }) satisfies Mutant<typeof claimNextToLoad>,
  haveTheTurnAtOnce: (() => async () => true) satisfies Mutant<typeof awaitTurn>,
  extractBesideOthers: (() => (_pool, _runId, signal, work) => work(signal)) satisfies Mutant<
    typeof whileAloneExtracting
  >,
  writeAsWhoeverHolds: ((original) => async (pool, fence, work, signal) => {
    const { rows } = await pool.query("select extraction_token as token from ledger.runs where id = $1", [fence.runId]);
    return original(pool, { ...fence, token: rows[0].token }, work, signal);
  }) satisfies Mutant<typeof inFencedTransaction>,
  eraseAsWhoeverHolds: ((original) => async (pool, _fence, work) => {
    const { rows } = await pool.query("select token from privacy.erasure_fence");
    return original(pool, { token: rows[0].token }, work);
  }) satisfies Mutant<typeof inErasureTransaction>,
  requireNothing: (() => async () => undefined) satisfies Mutant<typeof requireExtraction>,
  extractFromTheFirstLine: (() => async () => 1) satisfies Mutant<typeof nextLineOfFile>,
  enqueueNothingAgain: (() => async () => 0) satisfies Mutant<typeof enqueueActiveRuns>,
  throwProblems: ((original) => (schedule, rules) => {
    const problem = original(schedule, rules);
    if (problem !== undefined) throw new Error(problem);
    return problem;
  }) satisfies Mutant<(schedule: never, rules: never) => string | undefined>,
  stopAtTheFirst: (() => async (jobs, act) => {
    for (const job of jobs) await act(job);
  }) satisfies Mutant<ForEachJob>,
  setNoScheduleAgain: ((original) => (redis, log, everyMs, tasks) => {
    const others = tasks.filter(({ name }) => name !== "apply schedules");
    if (others.length === tasks.length) throw new Error("mutant: the reconciler has no task that applies schedules");
    return original(redis, log, everyMs, others);
  }) satisfies Mutant<StartReconciler>,
  giveUpOnErrorsThatHeal: ((original) => (error) =>
    giveUpOn(original(error), ["transient", "database_error"])) satisfies Mutant<typeof safeError>,
  giveUpOnUnknownErrors: ((original) => (error) => giveUpOn(original(error), ["unexpected"])) satisfies Mutant<
    typeof safeError
  >,
  failWithTheFirstWorker: ((original) => (lockMs) => ({ ...original(lockMs), maxStalledCount: 0 })) satisfies Mutant<
    typeof jobOwnership
  >,
  restageNothing: (() => (_pool, _queues, _payload, _log, transform) => transform()) satisfies Mutant<OrRestage>,
  waitForAnAnswerForEver: ((original) => () => {
    const { socketTimeout: _, ...others } = original();
    return others;
  }) satisfies Mutant<typeof redisOptions>,
  connectOnce: ((original) => () => ({ ...original(), retryStrategy: () => null })) satisfies Mutant<
    typeof redisOptions
  >,
  decodeNothing: (() => (text: string) => [text]) satisfies Mutant<(text: string) => readonly string[]>,
  foldCaseAlone: (() => (text: string) => text.toLowerCase()) satisfies Mutant<(text: string) => string>,
  returnNothing: (() => () => undefined) satisfies Mutant<(...values: never) => unknown>,
  returnTrue: (() => async () => true) satisfies Mutant<(...values: never) => Promise<boolean>>,
  doNothing: (() => async () => []) satisfies Mutant<(...values: never) => Promise<unknown>>,
  beAlwaysReady: (() => () => ({ database: async () => undefined, rights: async () => undefined })) satisfies Mutant<
    typeof createDatabaseReadiness
  >,
  joinNothing: (() => async () => false) satisfies Mutant<(...values: never) => Promise<boolean>>,
  connectNothing: ((original) => (starts) => ({ ...original(starts), add: () => undefined })) satisfies Mutant<
    (starts: never) => { add(record: never): void }
  >,
  leaveMentions: (() => () => () => undefined) satisfies Mutant<(...values: never) => () => unknown>,
} as const;

function giveUpOn(error: SafeError, codes: readonly string[]): SafeError {
  return codes.includes(error.code) ? { ...error, retryable: false } : error;
}
