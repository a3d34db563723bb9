import { ACTIVE_RUN_STATES, PENDING_BATCH_STATES, RUN_THRESHOLDS, SUCCESS_STATES } from "@lethe/contracts/runs";

/** Returns the SQL condition that a run is active. `column` holds the run's state. */
export function runIsActive(column = "state"): string {
  return isOneOf(column, ACTIVE_RUN_STATES);
}

/** Returns the SQL condition that a run has succeeded, with warnings or without. `column` holds the run's state. */
export function runHasSucceeded(column = "state"): string {
  return isOneOf(column, SUCCESS_STATES);
}

/** SQL condition: not the run `r` itself has failed, but its batches or its records. Neither is a letter of the run. */
export const FAILED_BY_ITS_PARTS = isOneOf("coalesce(r.error_code, '')", [
  "batches_failed",
  ...Object.keys(RUN_THRESHOLDS),
]);

/** Returns the SQL condition that a batch still waits for a service. `column` holds the batch's state. */
export function batchIsPending(column = "state"): string {
  return isOneOf(column, PENDING_BATCH_STATES);
}

/** SQL: `with` of the jobs that have runs, as `job (name)`: each is found by index, so that no run is read of many. */
export const EACH_JOB = `
  with recursive found as (
    (select job as name from ledger.runs order by job limit 1)
    union all
    select (select r.job from ledger.runs r where r.job > found.name order by r.job limit 1) from found where found.name is not null
  ), job as materialized (
    select name from found where name is not null
  )`;

// Literals, not parameters: only then does PostgreSQL see that a partial index covers the condition.
function isOneOf(column: string, states: readonly string[]): string {
  return `${column} in (${states.map((state) => `'${state}'`).join(", ")})`;
}
