import type { JoinedRecord } from "@lethe/contracts/staged-batch";
import type { Client } from "@lethe/warehouse/pool";
import { addSuppressions } from "@lethe/warehouse/suppress-subjects";
import type { ErasureContext } from "./context.js";
import { beginErasures, type ErasureOrigin, type NewErasure } from "./erase-accepted.js";
import { groupBy } from "./group-by.js";
import { findSubjects } from "./subject-closure.js";
import type { SubjectComponent } from "./subject-graph.js";
import type { KnownSubject } from "./suppressed-subjects.js";
import { suppressionsOf } from "./suppressions-of.js";

/**
 * Takes in the identifiers that erased people's records have brought: they join the suppression list, and whatever the database
 * holds under them already is erased by a further erasure of the same subject, which the run begins here. Runs in the transaction
 * of the load, after its rows are in. Returns whether the list has changed; the caller holds its lock and raises the epoch.
 */
export async function takeJoined(
  client: Client,
  context: ErasureContext,
  joined: readonly JoinedRecord[],
  origin: ErasureOrigin,
): Promise<boolean> {
  const groups = groupBy(joined, ({ subjectId }) => subjectId);
  const components = await findJoined(client, context, groups);
  const followUps: NewErasure[] = [];
  let added = 0;
  for (const [i, records] of groups.entries()) {
    const [first, component] = [records[0], components[i]];
    if (first === undefined || component === undefined) continue;
    const subject = knownSubject(context, first);
    added += (await addSuppressions(client, suppressionsOf(subject, component))).length;
    if (component.records.length === 0) continue;
    const { customerId, email, fileId } = first;
    const ownId = customerId ?? component.ids[0] ?? "";
    followUps.push({
      ...{ kind: "follow-up", subject, component, ownId, email: email ?? component.emails[0] ?? "", fileId },
      ...{ requestedAt: new Date(), quarantineId: null },
    });
  }
  await beginErasures(client, context, followUps, origin);
  return added > 0;
}

/**
 * Finds what belongs to each group's records. An id under which the database has versions of somebody else, who shares neither
 * email nor name with the records, does not join: it has been reused.
 */
async function findJoined(
  client: Client,
  { datasets }: Pick<ErasureContext, "datasets">,
  groups: readonly (readonly JoinedRecord[])[],
): Promise<SubjectComponent[]> {
  const found = await findSubjects(
    client,
    datasets,
    groups.map((records) => ({ ids: [], records })),
  );
  if (found.every(({ reusedIds }) => reusedIds.length === 0)) return found;
  const reused = new Set(found.flatMap(({ reusedIds }) => reusedIds));
  const withoutReused = (record: JoinedRecord) =>
    record.customerId !== null && reused.has(record.customerId) ? { ...record, customerId: null } : record;
  return findSubjects(
    client,
    datasets,
    groups.map((records) => ({ ids: [], records: records.map(withoutReused) })),
  );
}

function knownSubject({ ring }: Pick<ErasureContext, "ring">, record: JoinedRecord): KnownSubject {
  const key = ring.all.find(({ id }) => id === record.keyId) ?? ring.current;
  return { subjectId: record.subjectId, outcome: record.outcome, key };
}
