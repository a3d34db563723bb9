import type { ErasurePlace } from "@lethe/contracts/erasures";
import { cleanEmail } from "@lethe/datasets/cleaning/text";
import { COUNT_RECORDS, SELECT_IDENTITY } from "@lethe/datasets/erasure-requests/plan-records";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { ErasureContext } from "./context.js";
import { filesOf } from "./person-files.js";
import { type FileContext, scanFile } from "./scan-file.js";

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
  const { rows } = await context.pool.query<{ ids: string[]; identity: ErasurePlan["identity"] }>(SELECT_IDENTITY, [
    customerId,
    cleaned,
  ]);
  const ids = rows[0]?.ids ?? [customerId];
  const identity = rows[0]?.identity ?? "unknown";
  const counted = await context.pool.query<{ place: string; records: number }>(COUNT_RECORDS, [ids, cleaned]);
  const places: ErasurePlace[] = counted.rows.map(({ place, records }) => ({ place, name: "", records, values: 0 }));
  const isPerson: FindSuppression = (id, mail) =>
    (id !== null && ids.includes(id)) || (mail !== null && mail === cleaned) ? NO_KEY : undefined;
  for (const file of await filesOf(context.pool, ids, cleaned)) {
    const { findings } = await scanFile(context, file, isPerson);
    if (findings > 0) places.push({ place: file.place, name: file.path, records: findings, values: 0 });
  }
  return { identity, places };
}

const NO_KEY = { id: "", secret: Buffer.alloc(0) };
