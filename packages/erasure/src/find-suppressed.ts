import { canonicalCustomerId } from "@lethe/privacy/canonical-customer-id";
import { canonicalEmail } from "@lethe/privacy/canonical-email";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { Client } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import { personTables, selectEverybody } from "./person-tables.js";
import type { ClosureStart } from "./subject-graph.js";

/** How many distinct people are held in memory at a time. */
const PAGE = 10_000;

/**
 * Looks through all tables and quarantined records, in one pass over their distinct ids and emails, for people who are on the
 * suppression list. Returns by subject where the closure of what is held of them starts. `client` is in a transaction.
 */
export async function findSuppressed(
  client: Client,
  { datasets }: Pick<ErasureContext, "datasets">,
  findSuppression: FindSuppression,
): Promise<Map<string, ClosureStart>> {
  await client.query(
    `declare everybody no scroll cursor for
     select distinct id, email from (
       ${selectEverybody(personTables(datasets))}
       union all
       select 'ledger.quarantine', subject_customer_id, subject_email from ledger.quarantine
       where payload is not null and status <> 'erased'
     ) as everybody`,
  );
  const found = new Map<string, { ids: Set<string>; emails: Set<string> }>();
  for (;;) {
    const { rows } = await client.query<{ id: string | null; email: string | null }>(`fetch ${PAGE} from everybody`);
    if (rows.length === 0) break;
    for (const { id, email } of rows) {
      const ofId = id === null ? undefined : findSuppression(canonicalCustomerId(id), null);
      // An email beside the id of somebody else may be shared: what is whose, the closure finds by names.
      const ofEmail = id !== null || email === null ? undefined : findSuppression(null, canonicalEmail(email));
      // An id that has a new owner since is the subject's together with their email.
      const ofBoth =
        id === null || email === null
          ? undefined
          : findSuppression(canonicalCustomerId(id), canonicalEmail(email), null);
      const subjectId = (ofId ?? ofBoth ?? ofEmail)?.subjectId;
      if (subjectId === undefined) continue;
      const start = found.get(subjectId) ?? { ids: new Set(), emails: new Set() };
      found.set(subjectId, start);
      if (id !== null) start.ids.add(id);
      else if (email !== null) start.emails.add(email);
    }
  }
  await client.query("close everybody");
  return new Map(
    [...found].map(([subjectId, { ids, emails }]) => [
      subjectId,
      { ids: [...ids], records: [...emails].map((email) => ({ customerId: null, email, name: null })) },
    ]),
  );
}
