import type { ErasurePlace } from "@lethe/contracts/erasures";
import { cleanEmail } from "@lethe/datasets/cleaning/text";
import type { ErasureContext } from "./context.js";
import { filesOf } from "./person-files.js";
import { countRows, personTables, selectIdentity } from "./person-tables.js";
import { COUNT_QUARANTINED } from "./quarantine-statements.js";
import { AREAS, type FileContext, scanFile } from "./scan-file.js";
import { createSearchedPeople } from "./searched-people.js";

export interface ErasurePlan {
  /**
   * - `match`: the email is the customer's;
   * - `mismatch`: it is not, so nothing would be erased before a person decides;
   * - `unknown`: no such customer; who is in quarantine only, or comes later, would be masked all the same.
   */
  readonly identity: "match" | "mismatch" | "unknown";
  /** Where records of the person are, and how many. */
  readonly places: readonly ErasurePlace[];
}

/** What a plan needs: it hashes nothing and so needs no key. */
export type PlanContext = Pick<ErasureContext, "pool" | keyof FileContext>;

/** Describes what an erasure would reach, and changes nothing. Takes the id and email as the request would give them. */
export async function planErasure(context: PlanContext, customerId: string, email: string): Promise<ErasurePlan> {
  const cleaned = cleanEmail(email) ?? "";
  const tables = personTables(context.datasets);
  const asked = selectIdentity(tables, customerId, cleaned);
  const { rows } = await context.pool.query<{ ids: string[]; identity: ErasurePlan["identity"] }>(asked.text, [
    ...asked.values,
  ]);
  const ids = rows[0]?.ids ?? [customerId];
  const identity = rows[0]?.identity ?? "unknown";
  const places: ErasurePlace[] = [];
  for (const table of tables) {
    const { text, values } = countRows(table, ids);
    const counted = await context.pool.query<{ records: number }>(text, [...values]);
    addPlace(places, table.declaration.name, counted.rows);
  }
  addPlace(
    places,
    "ledger.quarantine",
    (await context.pool.query<{ records: number }>(COUNT_QUARANTINED, [ids, cleaned])).rows,
  );
  const emails = cleaned === "" ? [] : [cleaned];
  // Of the person's names and other values a plan learns nothing: it may not read them.
  const people = createSearchedPeople(
    new Map([["", { ids, emails, names: [], values: [], fileIds: [] }]]),
    context.datasets,
  );
  for (const file of await filesOf(context, ids, cleaned)) {
    if (file.isSealed) continue;
    const damaged = file.place === "quarantined_data";
    const { findings } = await scanFile(context, { ...file, area: AREAS[file.place], key: file.path, damaged }, people);
    if (findings > 0) places.push({ place: file.place, name: file.path, records: findings, values: 0 });
  }
  return { identity, places };
}

function addPlace(places: ErasurePlace[], place: string, counts: readonly { readonly records: number }[]): void {
  const records = counts.reduce((sum, count) => sum + count.records, 0);
  if (records > 0) places.push({ place, name: "", records, values: 0 });
}
