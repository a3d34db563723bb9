import { randomUUID } from "node:crypto";
import type { ErasureOutcome } from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import { ERASED_ID } from "@lethe/privacy/erased-id";
import { REDACTED } from "@lethe/privacy/mask-value";
import { addErasures } from "@lethe/warehouse/erasures/erasure-work";
import { type Client, inTransaction } from "@lethe/warehouse/pool";
import { recordRecovery } from "@lethe/warehouse/proof/recovery-origin";
import { raiseEpoch } from "@lethe/warehouse/suppress-subjects";
import { collectValues } from "./collect-values.js";
import { completeErasures } from "./complete-erasures.js";
import type { ErasureContext, ErasureLog } from "./context.js";
import type { ErasedSubject } from "./erased-subject.js";
import { maskPersonRecords } from "./mask-person-records.js";
import { writeSubjectValues } from "./subject-values.js";

/** Whom to take further, and to which outcome. */
export interface Strengthening {
  readonly to: Exclude<ErasureOutcome, "pseudonymise">;
  /** Completed erasures; without any, all people who keep a pseudonym are taken further. */
  readonly erasureIds: readonly string[];
}

export interface Strengthened {
  readonly people: number;
  /** Erasures that are not completed yet: they wait for runs that are open, or failed and are tried again. */
  readonly waiting: number;
}

/**
 * Takes people who keep a pseudonym to a stronger outcome: in tables, quarantine and files, and for whatever of theirs comes
 * from now on. Each gets an erasure of their own with its receipt. Throws NotFoundError for an erasure that is not completed,
 * or that has left no pseudonym.
 */
export async function strengthenErasures(
  context: ErasureContext,
  log: ErasureLog,
  strengthening: Strengthening,
): Promise<Strengthened> {
  const ids = await inTransaction(context.pool, (client) => begin(client, context, strengthening));
  if (ids.length > 0) await completeErasures(context, log);
  const { rows } = await context.pool.query<{ waiting: number }>(
    "select count(*)::integer as waiting from warehouse.erasure_requests where id = any ($1) and state = 'suppressed'",
    [ids],
  );
  return { people: ids.length, waiting: rows[0]?.waiting ?? 0 };
}

async function begin(client: Client, context: ErasureContext, { to, erasureIds }: Strengthening): Promise<string[]> {
  const { rows: people } = await client.query<Pseudonymised>(SELECT_PSEUDONYMISED, [erasureIds]);
  const known = new Set(people.flatMap((person) => person.erasureIds));
  const missing = erasureIds.find((id) => !known.has(id));
  if (missing !== undefined) {
    throw new NotFoundError(
      `erasure ${missing} is not completed, or has left no pseudonym: see \`lethe erasure list\` for those that can be taken further`,
    );
  }
  if (people.length === 0) return [];
  const origin = await recordRecovery(client, context.datasets.requests.name);
  await client.query("update privacy.subjects set outcome = $2 where id = any ($1)", [
    people.map(({ subjectId }) => subjectId),
    to,
  ]);
  // Batches that were masked under the pseudonym are masked again.
  await raiseEpoch(client);
  const begun = people.map((person) => ({ ...person, id: randomUUID(), outcome: to }));
  await addErasures(
    client,
    begun.map(({ pseudonyms: _pseudonyms, erasureIds: _ids, ...person }) => ({
      ...{
        ...person,
        ...origin,
        kind: "strengthen" as const,
        policyVersion: context.policy.version,
        quarantineId: null,
      },
    })),
  );
  const subjects = begun.map(({ id, subjectId, keyId, pseudonym, pseudonyms }): ErasedSubject => {
    const key = context.ring.all.find((each) => each.id === keyId) ?? context.ring.current;
    return { erasureId: id, subjectId, outcome: to, key, pseudonym, ids: pseudonyms, emails: [], names: [] };
  });
  const collected = await collectValues(client, context, subjects);
  const files = await maskPersonRecords(client, context, subjects);
  const values = [...collected].map(([erasureId, { fileIds }]) => {
    const all = [...new Set([...fileIds, ...(files.get(erasureId) ?? [])])];
    return [erasureId, { ids: [], emails: [], names: [], values: [], fileIds: all }] as const;
  });
  await writeSubjectValues(client, context.ring, new Map(values));
  const all = begun.flatMap(({ pseudonyms }) => pseudonyms);
  for (const { name, emptied } of context.datasets.all) {
    await client.query(EMPTY_CLOSED, [name, all, JSON.stringify(emptied), REDACTED, ERASED_ID]);
  }
  return begun.map(({ id }) => id);
}

interface Pseudonymised {
  readonly erasureIds: string[];
  readonly subjectId: string;
  readonly customerKey: Buffer;
  readonly emailKey: Buffer;
  readonly keyId: string;
  readonly pseudonym: string;
  readonly pseudonyms: string[];
  readonly requestedAt: Date;
}

/** Takes the ids of erasures, or none for all. Returns a row for each subject whose rows stand under pseudonyms. */
const SELECT_PSEUDONYMISED = `
  select distinct on (e.subject_id) e.subject_id as "subjectId", e.customer_key as "customerKey", e.email_key as "emailKey",
         e.key_id as "keyId", e.pseudonym, e.requested_at as "requestedAt",
         array(select o.id from warehouse.erasure_requests o where o.subject_id = e.subject_id) as "erasureIds",
         array(select distinct unnest(o.pseudonyms || o.pseudonym)
               from warehouse.erasure_requests o where o.subject_id = e.subject_id) as pseudonyms
  from warehouse.erasure_requests e join privacy.subjects s on s.id = e.subject_id
  where e.state = 'completed' and s.outcome = 'pseudonymise'
    and (cardinality($1::uuid[]) = 0 or e.subject_id in (
           select o.subject_id from warehouse.erasure_requests o where o.id = any ($1) and o.state = 'completed'))
  order by e.subject_id, e.received_at, e.id`;

/** Closed records in quarantine are of no use: nothing of them may tell that they are of one person. */
const EMPTY_CLOSED = `
  update ledger.quarantine
  set payload = case when payload = $4 then payload else $3 end, subject_customer_id = $5,
      missing_key = case when missing_key = any ($2) then $5 else missing_key end
  where dataset = $1 and status = 'erased' and subject_customer_id = any ($2)`;
