import type { CheckOutcome } from "./judge-partition.js";

/** An alert about a dataset's quality that is open. */
export interface OpenCause {
  readonly cause: string;
  /** The newest partition that was found wrong. */
  readonly last: number;
}

/** What partitions that were judged change about alerts, in this order. */
export type CauseChange =
  | { readonly kind: "open"; readonly cause: string; readonly hour: number; readonly failed: readonly CheckOutcome[] }
  | { readonly kind: "extend"; readonly cause: string; readonly hour: number }
  | { readonly kind: "close"; readonly cause: string; readonly hour: number };

/**
 * Decides what a partition's outcomes change about the open alerts of its dataset. A cause is alerted once, however many checks and
 * partitions fail of it, and is over with the first partition that passes: the same one judged again, or a later one.
 */
export function foldOutcomes(
  open: readonly OpenCause[],
  hour: number,
  outcomes: readonly CheckOutcome[],
): CauseChange[] {
  const causes = [...new Set(outcomes.map(({ cause }) => cause))];
  return causes.flatMap((cause): CauseChange[] => {
    const failed = outcomes.filter((outcome) => outcome.cause === cause && !outcome.passed);
    const alert = open.find((other) => other.cause === cause);
    if (failed.length > 0) {
      if (alert === undefined) return [{ kind: "open", cause, hour, failed }];
      return hour > alert.last ? [{ kind: "extend", cause, hour }] : [];
    }
    return alert !== undefined && hour >= alert.last ? [{ kind: "close", cause, hour }] : [];
  });
}
