import { randomUUID } from "node:crypto";
import type { ErasureOutcome } from "@lethe/contracts/erasures";
import { RunStateError } from "@lethe/contracts/errors";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { addErasures } from "@lethe/warehouse/erasures/erasure-work";
import { type Client, inTransaction, type Queryable } from "@lethe/warehouse/pool";
import { appendAllToLog } from "@lethe/warehouse/proof/append-to-log";
import { findRollback } from "@lethe/warehouse/proof/known-checkpoints";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import { mergeRecovery, type RecoveryOrigin } from "@lethe/warehouse/proof/merge-recovery";
import type { Recovery } from "@lethe/warehouse/proof/recovery";
import { recordRecovery } from "@lethe/warehouse/proof/recovery-origin";
import { addSuppressions } from "@lethe/warehouse/suppress-subjects";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import { completeErasures } from "./complete-erasures.js";
import type { ErasureContext, ErasureLog } from "./context.js";
import { beginErasures, type NewErasure } from "./erase-accepted.js";
import { findSuppressed } from "./find-suppressed.js";
import { findSubjects } from "./subject-closure.js";
import { suppressionsOf } from "./suppressions-of.js";

export interface Reapplied {
  /** What the restored database lacked. */
  readonly entries: number;
  readonly checkpoints: number;
  /** People who are erased again, and how many of them the restored tables held. */
  readonly people: number;
  readonly held: number;
  /** Erasures that are not completed yet: they wait for runs that were open when the backup was made. */
  readonly waiting: number;
}

/**
 * Brings a restored database and restored files to the state that receipts promise: merges what the database lacks of the
 * log, the suppression list and the erasures, and erases again everybody whose receipt the database had lost, and whoever else on
 * the list it holds. Each gets an erasure of their own with its receipt, and the log says of the first receipt when it was
 * reapplied. It can be done again. Throws RunStateError when the export is older than a checkpoint that is known, or the
 * database went another way since the backup.
 */
export async function reapplyErasures(
  context: ErasureContext,
  recovery: Recovery,
  log: ErasureLog,
): Promise<Reapplied> {
  await requireNewEnough(context, recovery);
  const begun = await inTransaction(context.pool, async (client) => {
    const origin = await recordRecovery(client, context.datasets.requests.name);
    const merged = await mergeRecovery(client, recovery, origin);
    return { ...merged, ...(await eraseAgain(client, context, recovery, { origin, erasureIds: merged.erasureIds })) };
  });
  await completeErasures(context, log);
  const { entries, checkpoints, people, held, runId } = begun;
  return { entries, checkpoints, people, held, waiting: await countPending(context.pool, runId) };
}

/** What the export does not say cannot be done again. */
async function requireNewEnough({ pool, signing }: ErasureContext, { checkpoints }: Recovery): Promise<void> {
  const known = await findRollback(pool, signing?.stores ?? []);
  if (known === undefined || checkpoints.some(({ hash }) => hash === known.checkpoint.hash)) return;
  throw new RunStateError(
    `the export ends at checkpoint ${checkpoints.at(-1)?.number ?? 0}, and ${known.store} knows checkpoint ${known.checkpoint.number}: ` +
      "erasures that came after the export would be missed. Take a newer export; where there is none, run " +
      "`lethe erasure accept-restore --note TEXT` after this was done with the database that the export is of",
  );
}

/** Erases the people of lost receipts, and everybody on the list whom the database holds. */
async function eraseAgain(
  client: Client,
  context: ErasureContext,
  { exportedAt }: Recovery,
  { origin, erasureIds }: { readonly origin: RecoveryOrigin; readonly erasureIds: readonly string[] },
) {
  const { identifiers } = await readSuppressions(client);
  const starts = await findSuppressed(client, context, createSuppressionFinder(identifiers, context.ring));
  const originals = await readOriginals(client, erasureIds, [...starts.keys()]);
  const known = new Map(originals.map((original) => [original.subjectId, original]));
  const held = [...starts].flatMap(([subjectId, start]) => {
    const original = known.get(subjectId);
    return original === undefined ? [] : [{ original, start }];
  });
  const components = await findSubjects(
    client,
    context.datasets,
    held.map(({ start }) => start),
  );
  const erasures = held.map(({ original, start }, i): NewErasure => {
    const component = components[i] ?? { ids: start.ids, emails: [], names: [], sharedEmails: [] };
    const key = context.ring.all.find(({ id }) => id === original.keyId) ?? context.ring.current;
    return {
      ...{ kind: "reapply", subject: { subjectId: original.subjectId, outcome: original.outcome, key }, component },
      ...{ ownId: component.ids[0] ?? "", email: component.emails[0] ?? "", requestedAt: original.requestedAt },
      ...{ fileId: origin.fileId, quarantineId: null },
    };
  });
  await addSuppressions(
    client,
    erasures.flatMap(({ subject, component }) => suppressionsOf(subject, component)),
  );
  const policyVersion = context.policy.version;
  await beginErasures(client, context, erasures, { runId: origin.runId, policyVersion });
  // Whom no table holds may still be in files: those are searched by the keyed hashes alone.
  const others = [...known.values()].filter(({ subjectId }) => !starts.has(subjectId));
  await addErasures(
    client,
    others.map(({ erasureId: _, ...original }) => ({
      ...{ ...original, id: randomUUID(), kind: "reapply" as const, policyVersion, quarantineId: null, ...origin },
    })),
  );
  await logSuppressionChanges(client, { runId: origin.runId });
  await logReapplied(client, origin.runId, exportedAt);
  return { people: known.size, held: held.length, runId: origin.runId };
}

interface Original {
  readonly erasureId: string;
  readonly subjectId: string;
  readonly outcome: ErasureOutcome;
  readonly customerKey: Buffer;
  readonly emailKey: Buffer;
  readonly keyId: string;
  readonly pseudonym: string;
  readonly requestedAt: Date;
}

/** Returns an erasure, a completed one if there is one, of each subject whose receipt was lost or whom the database holds. */
async function readOriginals(
  db: Queryable,
  erasureIds: readonly string[],
  subjectIds: readonly string[],
): Promise<Original[]> {
  const { rows } = await db.query<Original>(
    `select distinct on (subject_id) id as "erasureId", subject_id as "subjectId", outcome, customer_key as "customerKey",
            email_key as "emailKey", key_id as "keyId", pseudonym, requested_at as "requestedAt"
     from warehouse.erasure_requests
     where state <> 'lifted' and (id = any ($1) or subject_id = any ($2))
     order by subject_id, state = 'completed' desc, received_at desc, id`,
    [erasureIds, subjectIds],
  );
  return rows;
}

/** Logs, for each erasure that was completed before, which erasure does it again. */
async function logReapplied(client: Client, runId: string, exportedAt: string): Promise<void> {
  const { rows } = await client.query<{ erasureId: string; by: string }>(
    `select first.id as "erasureId", again.id as by
     from warehouse.erasure_requests again
     join warehouse.erasure_requests first on first.subject_id = again.subject_id and first.state = 'completed'
     where again.run_id = $1 and again.kind = 'reapply' and again.state = 'suppressed'
     order by first.completed_at, first.id`,
    [runId],
  );
  await appendAllToLog(
    client,
    rows.map(({ erasureId, by }) => ({ kind: "reapplied", body: { erasureId, by, exportedAt } })),
  );
}

async function countPending(db: Queryable, runId: string): Promise<number> {
  const { rows } = await db.query<{ pending: number }>(
    "select count(*)::integer as pending from warehouse.erasure_requests where run_id = $1 and state = 'suppressed'",
    [runId],
  );
  return rows[0]?.pending ?? 0;
}
