import type { CheckMetric } from "@lethe/contracts/checks";

/** Returns the key of a check of which there is one of its kind: `rowCount`, `email.nullValues`. */
export function keyOf(metric: CheckMetric, property: string | null): string {
  return property === null ? metric : `${property}.${metric}`;
}
