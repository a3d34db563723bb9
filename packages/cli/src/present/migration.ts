import type { MigrationPlan } from "@lethe/warehouse/migrate";

/** Formats what a migration will do; nothing where no step is to be applied. */
export function formatPlan({ applied, pending, irreversible, newestStep }: MigrationPlan): string[] {
  if (pending.length === 0 || applied.length === 0) return [];
  return [
    `the schema is at ${applied.toSorted().at(-1)}, and this version's is ${newestStep}; to apply:`,
    ...pending.map(({ name, effect }) => `  ${name}${effect === undefined ? "" : `: ${effect}`}`),
    "there is no way back to the older schema but a backup from before" +
      (irreversible.length > 0 ? ", and the database holds data that these steps change" : ""),
  ];
}
