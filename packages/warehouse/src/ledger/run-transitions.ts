import type { RunState } from "@lethe/contracts/runs";
import { tryLockInTransaction } from "../advisory-lock.js";
import { type Client, inTransaction, type Pool, type Queryable } from "../pool.js";

/** The beginning or the end of an attempt to do a run. */
export interface RunTransition {
  readonly runId: string;
  /** 1, or more for a run that was tried again. */
  readonly attempt: number;
  readonly what: "started" | Extract<RunState, "succeeded" | "succeeded_with_warnings" | "failed" | "cancelled">;
  readonly at: Date;
  /** Of the ledger, so without any value of a record. */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** How telling of a transition ended: confirmed; not now; or refused for what it says, so that it would be again. */
export type Telling =
  | { readonly outcome: "confirmed" }
  | { readonly outcome: "failed" | "refused"; readonly failure: string };

/** What became of a transition that was next. One is dropped that was refused again and again. */
export type Told = Telling | { readonly outcome: "dropped"; readonly failure: string; readonly runId: string };

/** Seconds until the next try; the last one again and again. A receiver that comes back has all that it missed within minutes. */
const BACKOFF = [5, 15, 60, 300];
/** A receiver that refuses what one transition says must not keep all later ones from being told. */
const MOST_REFUSALS = 3;

/**
 * Passes the next transition on, in the order in which they were recorded: calls `tell`, and forgets the transition when that is
 * confirmed. Otherwise it is told again later, and all others wait for it. One process does it at a time. A crash between the
 * receiver's answer and the commit tells of it once more. Returns undefined when there is nothing to tell now.
 */
export async function tellNextTransition(
  pool: Pool,
  tell: (client: Client, transition: RunTransition) => Promise<Telling>,
): Promise<Told | undefined> {
  return inTransaction(pool, async (client) => {
    if (!(await tryLockInTransaction(client, "lethe tell of runs"))) return undefined;
    const { rows } = await client.query<TransitionRow>(
      `select position, run_id as "runId", attempt, what, at, error_code as code, error_message as message, tries,
              coalesce(next_try_at <= clock_timestamp(), true) as "isDue"
       from ledger.run_transitions order by position limit 1`,
    );
    const [row] = rows;
    if (row === undefined || !row.isDue) return undefined;
    const { position, tries, code, message, isDue: _isDue, ...transition } = row;
    const told = await tell(client, {
      ...transition,
      error: code === null ? null : { code, message: message ?? "" },
    });
    if (told.outcome === "confirmed") {
      await forget(client, position);
      return told;
    }
    if (told.outcome === "refused" && tries + 1 >= MOST_REFUSALS) {
      await forget(client, position);
      return { outcome: "dropped", failure: told.failure, runId: row.runId };
    }
    await client.query(
      `update ledger.run_transitions
       set tries = tries + 1, next_try_at = clock_timestamp() + make_interval(secs => $2) where position = $1`,
      [position, BACKOFF[Math.min(tries, BACKOFF.length - 1)]],
    );
    return told;
  });
}

/** Forgets all transitions, for an installation in which nobody wants to be told of them. */
export async function forgetTransitions(db: Queryable): Promise<void> {
  await db.query("delete from ledger.run_transitions");
}

/** Returns the number of transitions that nobody was told of yet. */
export async function countTransitions(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ transitions: number }>(
    "select count(*) as transitions from ledger.run_transitions",
  );
  return rows[0]?.transitions ?? 0;
}

interface TransitionRow extends Omit<RunTransition, "error"> {
  readonly position: number;
  readonly code: string | null;
  readonly message: string | null;
  readonly tries: number;
  readonly isDue: boolean;
}

async function forget(client: Client, position: number): Promise<void> {
  await client.query("delete from ledger.run_transitions where position = $1", [position]);
}
