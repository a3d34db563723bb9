import type { ErasureOutcome } from "@lethe/contracts/erasures";
import type { ErasureRequests } from "@lethe/datasets/dataset";
import type { Client } from "@lethe/warehouse/pool";
import { collectValues } from "./collect-values.js";
import type { ErasureContext } from "./context.js";
import type { ErasedSubject } from "./erased-subject.js";
import { maskPersonRecords } from "./mask-person-records.js";
import { personTables, selectRows } from "./person-tables.js";
import { SELECT_QUARANTINED } from "./quarantine-statements.js";
import { writeSubjectValues } from "./subject-values.js";

/** Erases, in the transaction that takes them in, what the database holds of the people whose requests are staged. */
export async function eraseAccepted(
  client: Client,
  context: ErasureContext,
  { selectAccepted }: ErasureRequests,
): Promise<void> {
  const { rows: requests } = await client.query<Request>(selectAccepted);
  if (requests.length === 0) return;
  const ids = requests.map(({ customerId }) => customerId);
  const emails = requests.map(({ email }) => email);
  const named: { customerId: string | null; email: string | null }[] = [];
  for (const table of personTables(context.datasets).filter(({ email }) => email !== null)) {
    const { text, values } = selectRows(table, ids, emails);
    named.push(...(await client.query<(typeof named)[number]>(text, [...values])).rows);
  }
  const quarantined = await client.query<(typeof named)[number] & { reason: string }>(SELECT_QUARANTINED, [
    ids,
    emails,
    [],
  ]);
  named.push(...quarantined.rows.filter(({ reason }) => reason !== "identity_mismatch"));
  const subjects = requests.map(({ customerId, email, keyId, ...request }): ErasedSubject => {
    const others = named.flatMap((row) => (row.email === email && row.customerId !== null ? [row.customerId] : []));
    return {
      ...request,
      key: context.ring.all.find(({ id }) => id === keyId) ?? context.ring.current,
      ids: [...new Set([customerId, ...others.filter((id) => !ids.includes(id))])],
      emails: [email],
      names: [],
    };
  });
  const collected = await collectValues(client, context, subjects);
  const files = await maskPersonRecords(client, context, subjects);
  const values = [...collected].map(([erasureId, { fileIds, ...rest }]) => {
    const all = [...new Set([...fileIds, ...(files.get(erasureId) ?? [])])];
    return [erasureId, { ...rest, fileIds: all }] as const;
  });
  await writeSubjectValues(client, context.ring, new Map(values));
}

interface Request {
  erasureId: string;
  subjectId: string;
  outcome: ErasureOutcome;
  customerId: string;
  email: string;
  pseudonym: string;
  keyId: string;
}
