import type { DatasetName } from "@lethe/contracts/datasets";
import type { Subject } from "@lethe/datasets/dataset";
import { isIdentifier } from "@lethe/privacy/value-search";
import type { Queryable } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import type { ErasedSubject } from "./erased-subject.js";
import type { Row } from "./mask-row.js";
import { parseJson } from "./parse-json.js";
import { personTables, selectRows } from "./person-tables.js";
import { FILES_OF_UNATTRIBUTED } from "./quarantine-statements.js";
import { recordDigest } from "./record-digest.js";
import { createSearchedPeople } from "./searched-people.js";
import type { SubjectValues } from "./subject-values.js";
import { type SearchedValue, valuesOfRecord, valuesOfRow } from "./values-of-record.js";

/**
 * Collects, before anything is masked, all that the database holds of data subjects: their identifiers, names, phones and
 * addresses of every version, rejected ones included, and the files that these came from. Returns it by erasure; each
 * erasure has an entry. The number of statements does not depend on the number of subjects.
 */
export async function collectValues(
  client: Queryable,
  context: Pick<ErasureContext, "datasets">,
  subjects: readonly ErasedSubject[],
): Promise<Map<string, SubjectValues>> {
  const collected = createCollection(subjects);
  const ids = subjects.flatMap((subject) => subject.ids);
  const emails = subjects.flatMap((subject) => subject.emails);
  for (const table of personTables(context.datasets)) {
    const { text, values } = selectRows(table, ids, emails);
    const { rows } = await client.query<PersonRow>(text, [...values]);
    const dataset = context.datasets.get(table.dataset);
    const { sourceFile } = table.declaration;
    for (const { customerId, email, row } of rows) {
      const fileId = sourceFile === undefined ? undefined : row[sourceFile];
      const { name } = dataset.subjectOf(row);
      collected.add({ customerId, email, name }, valuesOfRow(dataset, table.declaration, row), fileId);
    }
  }
  const quarantined = await client.query<QuarantinedRecord>(SELECT_QUARANTINED, [ids, emails]);
  for (const { dataset: name, customerId, email, payload, fileId } of quarantined.rows) {
    const dataset = context.datasets.get(name);
    const record = parseJson(payload);
    const subject = dataset.subjectOf(record);
    collected.add({ ...subject, customerId, email }, valuesOfRecord(dataset, record), fileId);
  }
  const corrected = await client.query<QuarantinedRecord>(SELECT_CORRECTED, [ids, emails]);
  for (const { dataset: name, customerId, email, payload, fileId } of corrected.rows) {
    const record = parseJson(payload);
    if (record === undefined) continue;
    const dataset = context.datasets.get(name);
    // The name is not the person's, or not as it should be.
    const subject = { customerId, email, name: null };
    collected.add(subject, valuesOfRecord(dataset, record), fileId, recordDigest(record));
  }
  const values = collected.values();
  return subjects.length === 0 ? values : withFilesOfMentions(client, context, values);
}

/** Adds the files of quarantined lines that no field attributes to anybody, and whose words name a subject. */
async function withFilesOfMentions(
  client: Queryable,
  context: Pick<ErasureContext, "datasets">,
  collected: ReadonlyMap<string, SubjectValues>,
): Promise<Map<string, SubjectValues>> {
  const people = createSearchedPeople(collected, context.datasets);
  const { rows } = await client.query<{ payload: string; encoding: "utf8" | "base64"; fileId: number }>(
    FILES_OF_UNATTRIBUTED,
  );
  const fileIds = new Map<string, Set<number>>();
  for (const { payload, encoding, fileId } of rows) {
    for (const { erasureId, kind } of people.find(Buffer.from(payload, encoding).toString("utf8"))) {
      if (!isIdentifier(kind) && kind !== "name") continue;
      fileIds.set(erasureId, (fileIds.get(erasureId) ?? new Set()).add(fileId));
    }
  }
  return new Map(
    [...collected].map(([erasureId, own]) => {
      return [erasureId, { ...own, fileIds: [...new Set([...own.fileIds, ...(fileIds.get(erasureId) ?? [])])] }];
    }),
  );
}

interface PersonRow {
  readonly customerId: string | null;
  readonly email: string | null;
  readonly row: Row;
}

interface QuarantinedRecord {
  readonly dataset: DatasetName;
  readonly customerId: string | null;
  readonly email: string | null;
  readonly payload: string;
  readonly fileId: number;
}

const SELECT_QUARANTINED = `
  select dataset, subject_customer_id as "customerId", subject_email as email, file_id as "fileId",
         case payload_encoding when 'utf8' then payload else '' end as payload
  from ledger.quarantine
  where payload is not null and status <> 'erased' and (subject_customer_id = any ($1) or subject_email = any ($2))
    and not (reason = 'held' and status = 'open' and approved_at is null)`;

/** The records that corrections of these people's have taken the place of, with whose the corrections are. */
const SELECT_CORRECTED = `
  with recursive corrected as (
    select c.corrects as id, c.subject_customer_id as "customerId", c.subject_email as email
    from ledger.quarantine c
    where c.corrects is not null and c.status <> 'erased' and (c.subject_customer_id = any ($1) or c.subject_email = any ($2))
    union
    select c.corrects, corrected."customerId", corrected.email
    from corrected join ledger.quarantine c on c.id = corrected.id
    where c.corrects is not null
  )
  select q.dataset, corrected."customerId", corrected.email, q.file_id as "fileId", q.payload
  from corrected join ledger.quarantine q on q.id = corrected.id
  where q.payload is not null and q.payload_encoding = 'utf8' and q.status <> 'erased'`;

function createCollection(subjects: readonly ErasedSubject[]) {
  const byErasure = new Map(
    subjects.map(({ erasureId, ids, emails, names }) => {
      return [
        erasureId,
        {
          ids,
          emails,
          names: new Set(names),
          values: new Map<string, SearchedValue>(),
          fileIds: new Set<number>(),
          records: new Set<string>(),
        },
      ];
    }),
  );
  const byId = new Map(subjects.flatMap(({ erasureId, ids }) => ids.map((id) => [id, erasureId] as const)));
  const byEmail = new Map<string, readonly string[]>();
  for (const { erasureId, emails } of subjects) {
    for (const email of emails) byEmail.set(email, [...(byEmail.get(email) ?? []), erasureId]);
  }
  return {
    /** Takes a record that is a subject's by its id, or, where it has none, by its email. */
    add({ customerId, email, name }: Subject, values: readonly SearchedValue[], fileId: unknown, digest?: string) {
      const owner = customerId === null ? undefined : byId.get(customerId);
      const others = customerId === null && email !== null ? (byEmail.get(email) ?? []) : [];
      for (const erasureId of owner === undefined ? others : [owner]) {
        const own = byErasure.get(erasureId);
        if (own === undefined) continue;
        if (name !== null) own.names.add(name);
        for (const value of values) own.values.set(`${value.kind} ${value.value}`, value);
        if (typeof fileId === "number") own.fileIds.add(fileId);
        if (digest !== undefined) own.records.add(digest);
      }
    },
    values: () =>
      new Map(
        [...byErasure].map(([erasureId, { ids, emails, names, values, fileIds, records }]): [string, SubjectValues] => [
          erasureId,
          {
            ids,
            emails,
            names: [...names],
            values: [...values.values()],
            fileIds: [...fileIds],
            records: [...records],
          },
        ]),
      ),
  };
}
