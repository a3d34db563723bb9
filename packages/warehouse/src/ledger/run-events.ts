import type pg from "pg";
import type { Pool, Queryable } from "../pool.js";

const CHANNEL = "lethe_runs";

/** Notifies every listener that a run changed; in a transaction, as soon as that commits. Sends the run's id only. */
export async function announceRun(db: Queryable, runId: string): Promise<void> {
  await db.query(`select pg_notify('${CHANNEL}', $1)`, [runId]);
}

export interface RunListener {
  /** Waits for a change since the last call. Throws the connection's error when the connection ends. */
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
  const client = await pool.connect();
  let changed = false;
  let failure: Error | undefined;
  let wake: (() => void) | undefined;
  const onNotification = (message: pg.Notification) => {
    if (message.channel !== CHANNEL || !isWanted(message.payload)) return;
    changed = true;
    wake?.();
  };
  const onEnd = (error?: Error) => {
    failure = error ?? new Error("the connection that listened for the run ended");
    wake?.();
  };
  client.on("notification", onNotification);
  client.on("error", onEnd);
  client.on("end", onEnd);
  await client.query(`listen ${CHANNEL}`);
  return {
    async nextChange() {
      if (!changed && failure === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failure !== undefined) throw failure;
      changed = false;
    },
    async stop() {
      client.off("notification", onNotification);
      client.off("error", onEnd);
      client.off("end", onEnd);
      if (failure === undefined) await client.query(`unlisten ${CHANNEL}`);
      client.release(failure);
    },
  };
}
