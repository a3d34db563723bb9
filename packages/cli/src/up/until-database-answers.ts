import { setTimeout as delay } from "node:timers/promises";
import type { Pool } from "@lethe/warehouse/pool";
import { EXIT, explainError } from "../exit-codes.js";
import type { Terminal } from "../terminal.js";

export interface Patience {
  /** How long the database may be away, in milliseconds. */
  readonly awayMs: number;
  /** How often it may go away while the work is done. */
  readonly times: number;
  readonly betweenMs: number;
}

const PATIENCE: Patience = { awayMs: 60_000, times: 20, betweenMs: 500 };

/**
 * Returns what `work` returns, and does it again when the database went away and has come back within a minute: `work` must be such that this
 * does no harm. Throws what `work` threw when the database stays away, and the signal's reason when that aborts.
 */
export async function untilDatabaseAnswers<T>(
  pool: Pick<Pool, "query">,
  work: () => Promise<T>,
  terminal: Pick<Terminal, "note">,
  signal: AbortSignal,
  patience: Patience = PATIENCE,
): Promise<T> {
  for (let losses = 1; ; losses += 1) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const { exitCode, message } = explainError(error);
      if (exitCode !== EXIT.unreachable || losses > patience.times) throw error;
      terminal.note(`${message}; waiting for up to ${patience.awayMs / 1_000} s for the database`);
      if (!(await answersWithin(pool, patience, signal))) throw error;
    }
  }
}

async function answersWithin(pool: Pick<Pool, "query">, patience: Patience, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + patience.awayMs;
  for (;;) {
    // Also before the first question: a server that ends connections one by one still answers it.
    await delay(patience.betweenMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    try {
      await pool.query("select");
      return true;
    } catch {
      if (performance.now() > deadline) return false;
    }
  }
}
