import { ACTIVE_RUN_STATES, PENDING_BATCH_STATES } from "@lethe/contracts/runs";

/** Returns the SQL condition that a run is active. `column` holds the run's state. */
export function runIsActive(column = "state"): string {
  return isOneOf(column, ACTIVE_RUN_STATES);
}

/** Returns the SQL condition that a batch still waits for a service. `column` holds the batch's state. */
export function batchIsPending(column = "state"): string {
  return isOneOf(column, PENDING_BATCH_STATES);
}

// Literals, not parameters: only then does PostgreSQL see that a partial index covers the condition.
function isOneOf(column: string, states: readonly string[]): string {
  return `${column} in (${states.map((state) => `'${state}'`).join(", ")})`;
}
