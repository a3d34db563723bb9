import { LostLockError } from "@lethe/contracts/errors";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";
import { announceRun } from "./run-events.js";

/** The right to extract a run, until somebody else takes it. */
export interface ExtractionFence {
  readonly runId: string;
  /** The number that taking the extraction raised in the ledger. */
  readonly token: number;
}

declare const HOLDS: unique symbol;

/** A client in a transaction in which nobody else can take the extraction of the run: `inFencedTransaction` alone has one. */
export type ExtractionClient = Client & { readonly [HOLDS]: "the extraction" };

/** One that may change the row of the run, too: `whileChangingRun` alone has one. */
export type ExtractionRunClient = ExtractionClient & { readonly [MAY_CHANGE]: "the run" };
declare const MAY_CHANGE: unique symbol;

/**
 * Takes the extraction of a queued or interrupted run, and marks the run as extracting. From then on, whoever had the extraction
 * before writes nothing more; what they have begun to write is waited for. Returns undefined when the run is past that or has
 * ended: then there is nothing to extract.
 */
export async function takeExtraction(db: Queryable, runId: string): Promise<ExtractionFence | undefined> {
  const { rows } = await db.query<{ token: number }>(
    `update ledger.runs
     set state = 'extracting', started_at = coalesce(started_at, clock_timestamp()), extraction_token = extraction_token + 1
     where id = $1 and state in ('queued', 'extracting')
     returning extraction_token as token`,
    [runId],
  );
  await announceRun(db, runId);
  return rows[0] && { runId, token: rows[0].token };
}

/**
 * Runs `work` in one transaction, as `inTransaction` does, in which the extraction of the run stays with the fence's holder.
 * Throws LostLockError, before `work` begins, when somebody else has taken it.
 */
export async function inFencedTransaction<T>(
  pool: Pool,
  fence: ExtractionFence,
  work: (client: ExtractionClient) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  return inTransaction(
    pool,
    async (client) => {
      await requireToken(client, fence, "for share");
      return work(client as ExtractionClient);
    },
    signal,
  );
}

/**
 * Does the same for what changes the row of the run itself. Its lock excludes loads of the run for as long as it is held, and
 * comes first, so that two such transactions do not wait for each other.
 */
export async function whileChangingRun<T>(
  pool: Pool,
  fence: ExtractionFence,
  work: (client: ExtractionRunClient) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client) => {
    await requireToken(client, fence, "for no key update");
    return work(client as ExtractionRunClient);
  });
}

/**
 * Throws LostLockError when somebody else has taken the extraction. For what no transaction covers, such as moving a file: it can
 * be lost directly after.
 */
export async function requireExtraction(db: Queryable, fence: ExtractionFence): Promise<void> {
  await requireToken(db, fence, "");
}

async function requireToken(
  db: Queryable,
  { runId, token }: ExtractionFence,
  lock: "for share" | "for no key update" | "",
): Promise<void> {
  const { rows } = await db.query<{ token: number }>(
    `select extraction_token as token from ledger.runs where id = $1 ${lock}`,
    [runId],
  );
  if (rows[0]?.token !== token) {
    throw new LostLockError(`another process has taken over the extraction of run ${runId}; this one stops`);
  }
}
