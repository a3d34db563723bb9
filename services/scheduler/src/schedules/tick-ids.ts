import { createHash, randomUUID } from "node:crypto";

/** Returns the id that BullMQ gives a scheduler's job: one per tick, so that a tick fires once in any number of processes. */
export function nextJobId(schedulerId: string, tickMs: number): string {
  return `repeat:${schedulerId}:${tickMs}`;
}

/** Returns the id of the job that makes up for a tick that was missed. */
export function catchUpJobId(job: string, tickMs: number): string {
  return `catch-up-${job}-${tickMs}`;
}

/**
 * Returns the id of the run that a trigger opens: the same for all triggers of a tick, and a new one for a trigger of no tick, which
 * somebody has added by hand.
 */
export function runIdOfTrigger(triggerId: string): string {
  const [, job, tickMs] = TICK_ID.exec(triggerId) ?? [];
  if (job === undefined) return randomUUID();
  const hash = createHash("sha256").update(`${job} ${tickMs}`).digest("hex");
  // The version 8 of RFC 9562, whose content is the application's own.
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}

const TICK_ID = /^(?:repeat:|catch-up-)(.+)[:-](\d+)$/;
