import { createLogger } from "@lethe/service-kit/logger";
import { createMetrics } from "@lethe/service-kit/metrics";
import { type JobHandler, startWorker } from "@lethe/service-kit/worker";
import { openTestPlace, type TestPlace } from "@lethe/test-kit/test-place";
import { unfenced } from "@lethe/test-kit/unfenced";
import { closeRun, completeExtraction, type JudgeRun, startFinish } from "@lethe/warehouse/ledger/change-run";
import { takeExtraction } from "@lethe/warehouse/ledger/extraction-fence";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { runCli } from "../src/program.js";

export interface CliResult {
  readonly code: number;
  readonly out: string[];
  readonly err: string[];
}

export interface CliWorld extends Pick<TestPlace, "pool" | "queues"> {
  readonly environment: Readonly<Record<string, string>>;
  /** Runs one command on this world's database and queues. `onNote` sees each line of standard error as it comes. */
  lethe(args: readonly string[], options?: LetheOptions): Promise<CliResult>;
  /** Works on runs without files, as the services do with an empty landing; `extract` may be another handler. */
  startWorkers(extract?: JobHandler<"extract">): Promise<void>;
  /** Stops the workers and removes all keys: for the end of a test. */
  quiet(): Promise<void>;
  end(): Promise<void>;
}

interface LetheOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** What stands on standard input. */
  readonly stdin?: string;
  readonly onNote?: (line: string) => void;
}

/** Creates a database and a queue prefix of their own for one test file. `migrated: false` leaves the database empty. */
export async function createCliWorld({ migrated = true }: { readonly migrated?: boolean } = {}): Promise<CliWorld> {
  const place = await openTestPlace({ empty: !migrated });
  const { pool, queues, redis, prefix } = place;
  const workers: { stop(graceMs: number): Promise<void> }[] = [];
  const environment = {
    DATABASE_URL: place.databaseUrl,
    REDIS_URL: place.redisUrl,
    LETHE_QUEUE_PREFIX: prefix,
    DATA_DIR: "/nonexistent",
  };

  async function quiet(): Promise<void> {
    await Promise.all(workers.splice(0).map((worker) => worker.stop(5_000)));
    await place.flush();
  }

  return {
    pool,
    queues,
    environment,
    async lethe(args, options = {}) {
      const out: string[] = [];
      const err: string[] = [];
      const terminal = {
        print: (text: string) => void out.push(text),
        note: (text: string) => {
          err.push(text);
          options.onNote?.(text);
        },
        bars: undefined,
      };
      const input = { ask: undefined, readAll: async () => options.stdin ?? "" };
      const code = await runCli(args, { environment: { ...environment, ...options.environment }, terminal, input });
      return { code, out, err };
    },
    async startWorkers(extract = { handle: ({ runId }) => extractNothing(pool, runId) }) {
      const context = {
        redis,
        prefix,
        lockMs: 30_000,
        log: createLogger("cli-tests", "silent", []),
        metrics: createMetrics("cli-tests"),
      };
      workers.push(startWorker(context, "extract", 1, extract));
      workers.push(startWorker(context, "finish", 1, { handle: ({ runId }) => finish(pool, runId) }));
    },
    quiet,
    async end() {
      await quiet();
      await place.close();
    },
  };
}

export async function extractNothing(pool: Pool, runId: string): Promise<{ files: number; batches: number }> {
  await takeExtraction(pool, runId);
  await completeExtraction(unfenced(pool), runId, 1);
  return { files: 0, batches: 0 };
}

async function finish(pool: Pool, runId: string): Promise<{ state: string }> {
  const stage = await startFinish(pool, runId);
  if (stage === undefined) return { state: "open" };
  const judge: JudgeRun = () => ({ state: "succeeded", findings: [] });
  return { state: await inTransaction(pool, (client) => closeRun(client, runId, 1, judge)) };
}

/** Puts an open record into quarantine, as a run of its own rejected it; returns that run's id. */
export async function quarantineRecord(pool: Pool, dataset: string, reason: string, line: number): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `with run as (
       insert into ledger.runs (job, kind, trigger, state, finished_at)
       values ($1, 'files', 'cli', 'succeeded', now()) returning id
     ), file as (
       insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
       select $1, 'date=2020-01-01/hour=00/' || $1 || '.json', '2020-01-01', 0, sha256(random()::text::bytea), 10, id, 'done'
       from run returning id, run_id
     )
     insert into ledger.quarantine (dataset, reason, run_id, file_id, line, message, payload)
     select $1, $2, run_id, id, $3, 'a reason for people', '{"email":"jane@example.com"}' from file
     returning run_id as id`,
    [dataset, reason, line],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error("insert gave no row");
  return id;
}
