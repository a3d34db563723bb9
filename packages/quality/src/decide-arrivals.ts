import type { LateState } from "@lethe/contracts/checks";
import type { Expectation } from "./expect-arrivals.js";
import { HOUR_MS, HOURS_A_DAY } from "./partition-hours.js";

/** A partition that has not come in time, and that somebody waits for. */
export interface WaitedFor {
  readonly hour: number;
  readonly state: Extract<LateState, "late" | "missing">;
  readonly dueAt: number;
  readonly missingAt: number;
  /** The alert that tells of it. */
  readonly alertId: string;
}

/** A partition that is late from now on. Those of one `gap` follow each other, and are one cause. */
export interface NewlyLate {
  readonly hour: number;
  readonly dueAt: number;
  readonly missingAt: number;
  /** The alert that it joins, or the hour with which a new gap begins. */
  readonly joins: { readonly alertId: string } | { readonly gap: number };
}

export interface ArrivalDecisions {
  readonly newlyLate: readonly NewlyLate[];
  readonly changed: readonly Changed[];
}

interface Changed {
  readonly hour: number;
  readonly state: Exclude<LateState, "late">;
}

/** How long after its deadline a partition is not looked for any more, where nobody looked for it before. */
const LOOK_BACK_MS = 3 * HOURS_A_DAY * HOUR_MS;
export const GIVE_UP_DAYS = 14;
const GIVE_UP_MS = GIVE_UP_DAYS * HOURS_A_DAY * HOUR_MS;

/**
 * Decides which partitions are late or missing at an instant, and which of those that are waited for have come or are given up.
 * `arrived` are the hours that have come; `known` those that were ever late, so that none is late twice.
 */
export function decideArrivals(
  expectation: Expectation | undefined,
  arrived: ReadonlySet<number>,
  waitedFor: readonly WaitedFor[],
  known: ReadonlySet<number>,
  now: number,
): ArrivalDecisions {
  const changed = waitedFor.flatMap(({ hour, state, dueAt, missingAt }): Changed[] => {
    if (arrived.has(hour)) return [{ hour, state: "arrived" }];
    if (now >= dueAt + GIVE_UP_MS) return [{ hour, state: "given_up" }];
    return state === "late" && now >= missingAt ? [{ hour, state: "missing" }] : [];
  });
  if (expectation === undefined) return { newlyLate: [], changed };
  const { lateAfterMs, missingAfterMs, from, isExpected } = expectation;
  const ended = new Set(changed.filter(({ state }) => state !== "missing").map(({ hour }) => hour));
  const alertOf = new Map(waitedFor.filter(({ hour }) => !ended.has(hour)).map(({ hour, alertId }) => [hour, alertId]));
  const newlyLate: NewlyLate[] = [];
  const lastDue = Math.floor((now - lateAfterMs) / HOUR_MS) - 1;
  const firstDue = Math.max(from, Math.ceil((now - lateAfterMs - LOOK_BACK_MS) / HOUR_MS));
  let gap: NewlyLate["joins"] | undefined = joinBefore(firstDue, isExpected, alertOf);
  for (let hour = firstDue; hour <= lastDue; hour += 1) {
    if (!isExpected(hour)) continue;
    const alertId = alertOf.get(hour);
    if (arrived.has(hour) || (known.has(hour) && alertId === undefined)) gap = undefined;
    else if (alertId !== undefined) gap = { alertId };
    else {
      gap ??= { gap: hour };
      const end = (hour + 1) * HOUR_MS;
      newlyLate.push({ hour, dueAt: end + lateAfterMs, missingAt: end + missingAfterMs, joins: gap });
    }
  }
  return { newlyLate, changed };
}

/** Returns the alert of the expected partition before an hour, if that is waited for. */
function joinBefore(
  hour: number,
  isExpected: (hour: number) => boolean,
  alertOf: ReadonlyMap<number, string>,
): { readonly alertId: string } | undefined {
  for (let before = hour - 1; before > hour - 1 - 7 * HOURS_A_DAY; before -= 1) {
    if (!isExpected(before)) continue;
    const alertId = alertOf.get(before);
    return alertId === undefined ? undefined : { alertId };
  }
  return undefined;
}
