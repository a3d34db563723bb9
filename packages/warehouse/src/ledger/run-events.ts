import type pg from "pg";
import { borrow, type Loan, type Pool, type Queryable, toConnectionError } from "../pool.js";
import { retryConnection } from "../retry-connection.js";

const CHANNEL = "lethe_runs";

/** Notifies every listener that a run changed; in a transaction, as soon as that commits. Sends the run's id only. */
export async function announceRun(db: Queryable, runId: string): Promise<void> {
  await db.query(`select pg_notify('${CHANNEL}', $1)`, [runId]);
}

export interface RunListener {
  /**
   * Waits for a change since the last call. A connection that is lost is made again; what changed meanwhile cannot be known, so
   * that counts as a change. Throws TransientError when the database does not answer for half a minute.
   */
  nextChange(): Promise<void>;
  stop(): Promise<void>;
}

/** Listens for changes of one run, so that callers need not poll. Holds a connection of the pool until `stop`. */
export function listenToRun(pool: Pool, runId: string): Promise<RunListener> {
  return listenToRuns(pool, (changed) => changed === runId);
}

/** Listens for changes of every run. Holds a connection of the pool until `stop`. */
export function listenToEveryRun(pool: Pool): Promise<RunListener> {
  return listenToRuns(pool, () => true);
}

async function listenToRuns(pool: Pool, isWanted: (runId: string | undefined) => boolean): Promise<RunListener> {
  const stopped = new AbortController();
  let changed = false;
  let wake: (() => void) | undefined;
  const onNotification = (message: pg.Notification) => {
    if (message.channel !== CHANNEL || !isWanted(message.payload)) return;
    changed = true;
    wake?.();
  };
  const open = async (): Promise<Loan> => {
    const loan = await borrow(pool);
    loan.client.on("notification", onNotification);
    loan.lost.addEventListener("abort", () => wake?.(), { once: true });
    try {
      await loan.client.query(`listen ${CHANNEL}`);
      return loan;
    } catch (error) {
      loan.client.off("notification", onNotification);
      loan.release("spent");
      throw toConnectionError(error);
    }
  };
  /** Opens a connection in place of one that was lost. One that is there only after `stop` is given back. */
  const reopen = async (): Promise<void> => {
    const opened = await retryConnection(open, stopped.signal);
    if (stopped.signal.aborted) opened.release("spent");
    else loan = opened;
  };
  let loan: Loan | undefined = await open();
  let reopening: Promise<void> | undefined;
  return {
    async nextChange() {
      while (!changed) {
        if (loan === undefined || loan.lost.aborted) {
          loan?.release();
          loan = undefined;
          // Of several calls that wait, one connects.
          reopening ??= reopen().finally(() => {
            reopening = undefined;
          });
          await reopening;
          break;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      changed = false;
    },
    async stop() {
      stopped.abort(new Error("nobody listens any more"));
      const last = loan;
      loan = undefined;
      if (last === undefined) return;
      last.client.off("notification", onNotification);
      const isSilent = await last.client.query(`unlisten ${CHANNEL}`).then(
        () => true,
        () => false,
      );
      last.release(isSilent ? undefined : "spent");
    },
  };
}
