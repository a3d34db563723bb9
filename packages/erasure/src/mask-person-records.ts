import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import type { Dataset } from "@lethe/datasets/dataset";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { maskRecord } from "@lethe/privacy/mask-record";
import { REDACTED } from "@lethe/privacy/mask-value";
import { strategiesOf } from "@lethe/privacy/policy";
import { type PrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { recordErased, recordPlaces } from "@lethe/warehouse/erasures/erasure-work";
import type { Client } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import type { ErasedSubject } from "./erased-subject.js";
import { maskRow, type Row } from "./mask-row.js";
import { countRows, type PersonTable, personTables, selectRows, uniteRows, updateRows } from "./person-tables.js";
import { createPlaceTally, type PlaceTally } from "./place-tally.js";
import { SELECT_QUARANTINED, UPDATE_QUARANTINED } from "./quarantine-statements.js";
import { suppressionsOf } from "./suppressions-of.js";

/**
 * Masks what the database holds of data subjects: their rows in every table that declares to hold people, and their records in
 * quarantine. Only what bears one of their ids, or one of their emails and no id, is theirs. Runs in the load's transaction.
 */
export async function maskPersonRecords(
  client: Client,
  context: ErasureContext,
  subjects: readonly ErasedSubject[],
): Promise<void> {
  if (subjects.length === 0) return;
  const people = createPeople(subjects, context);
  const tables = personTables(context.datasets);
  const withEmail = tables.filter(({ email }) => email !== null);
  const found = await readRows(client, withEmail, people);
  const quarantined = await client.query<QuarantinedRow>(SELECT_QUARANTINED, [
    people.ids(),
    people.emails(),
    [...people.ids(), ...people.emails()].map(toLikePattern),
  ]);
  // First what refers to people by id alone: an id that changes takes those of other tables along.
  for (const table of tables.filter(({ email }) => email === null)) {
    await countFollowers(client, table, people);
    for (const rows of await readRows(client, [table], people)) await maskRows(client, context, people, rows);
  }
  await maskQuarantined(client, context, people, quarantined.rows);
  for (const rows of found) await maskRows(client, context, people, rows);
  for (const [erasureId, { pseudonyms, tally }] of people.results()) {
    const places = tally.places();
    await recordPlaces(client, erasureId, places);
    await recordErased(client, erasureId, pseudonyms, places.length > 0);
  }
}

/** Rows of people in one table. */
interface FoundRows {
  readonly table: PersonTable;
  readonly rows: readonly { key: unknown; customerId: string | null; email: string | null; row: Row }[];
}

interface QuarantinedRow {
  id: number;
  dataset: DatasetName;
  reason: RejectReason;
  payload: string;
  encoding: "utf8" | "base64";
  customerId: string | null;
  email: string | null;
  missingKey: string | null;
}

/** One person as a record names them: the request that it belongs to, and the key of the pseudonyms. */
interface Person {
  readonly erasureId: string;
  readonly key: PrivacyKey;
  /** The pseudonym of the request: what stands for a person of whose record or row the email alone is known. */
  readonly pseudonym: string;
}

/** Keeps whose record is whose. */
function createPeople(subjects: readonly ErasedSubject[], context: ErasureContext) {
  const byId = new Map<string, Person>();
  const byEmail = new Map<string, Person>();
  const byErasure = new Map<string, { pseudonyms: string[]; tally: PlaceTally }>();
  for (const subject of subjects) {
    const person = { erasureId: subject.erasureId, key: subject.key, pseudonym: subject.pseudonym };
    for (const id of subject.ids) byId.set(id, person);
    for (const email of subject.emails) byEmail.set(email, person);
    const pseudonyms = [...new Set([subject.pseudonym, ...subject.ids.map((id) => pseudonym(subject.key, id))])];
    byErasure.set(subject.erasureId, { pseudonyms, tally: createPlaceTally() });
  }
  const findSuppression = createSuppressionFinder(
    subjects.flatMap((subject) =>
      suppressionsOf(subject, { ...subject, names: [], sharedEmails: [] }).map(
        ({ subjectId, act, kind, key, keyId }) => ({
          ...{ subjectId, act, kind, keyId, outcome: subject.outcome, hash: key.toString("hex") },
        }),
      ),
    ),
    context.ring,
  );
  return {
    ids: () => [...byId.keys()],
    emails: () => [...byEmail.keys()],
    find: (customerId: string | null, email: string | null): Person | undefined =>
      customerId !== null ? byId.get(customerId) : email === null ? undefined : byEmail.get(email),
    /** Whom a text mentions that is no record, and by which id. */
    findMentioned(text: string): { person: Person; customerId: string | null } | undefined {
      if (findMentionedPerson(text, findSuppression) === undefined) return undefined;
      const lower = text.toLowerCase();
      const subject = subjects.find(
        ({ ids, emails }) => ids.some((id) => text.includes(id)) || emails.some((email) => lower.includes(email)),
      );
      const id = subject?.ids.find((each) => text.includes(each)) ?? subject?.ids[0];
      const person = id === undefined ? undefined : byId.get(id);
      return person === undefined ? undefined : { person, customerId: id ?? null };
    },
    count(person: Person, place: string, values: number) {
      byErasure.get(person.erasureId)?.tally.add(place, values);
    },
    results: () => byErasure.entries(),
  };
}

type People = ReturnType<typeof createPeople>;

/** Counts the rows whose id follows that of another table: an erasure changes them, though it writes none of them. */
async function countFollowers(client: Client, table: PersonTable, people: People): Promise<void> {
  const { name, columns } = table.declaration;
  if (!Object.values(columns).some((column) => column.kind === "identifying" && column.follows !== undefined)) return;
  const { text, values } = countRows(table, people.ids());
  const { rows } = await client.query<{ customerId: string; records: number }>(text, [...values]);
  for (const { customerId, records } of rows) {
    const person = people.find(customerId, null);
    for (let i = 0; person !== undefined && i < records; i++) people.count(person, name, 1);
  }
}

async function readRows(client: Client, tables: readonly PersonTable[], people: People): Promise<FoundRows[]> {
  const found: FoundRows[] = [];
  for (const table of tables.filter(({ maskable }) => maskable.length > 0)) {
    const { text, values } = selectRows(table, people.ids(), people.emails());
    const { rows } = await client.query<FoundRows["rows"][number]>(text, [...values]);
    found.push({ table, rows });
  }
  return found;
}

async function maskRows(
  client: Client,
  context: ErasureContext,
  people: People,
  { table, rows }: FoundRows,
): Promise<void> {
  const strategies = strategiesOf(context.policy, table.dataset);
  const masked = rows.flatMap(({ key, customerId, email, row }) => {
    const person = people.find(customerId, email);
    if (person === undefined) return [];
    const after = maskRow(table, row, strategies, person.key);
    people.count(person, table.declaration.name, after.values);
    // An email's row that has no id: without one, nothing would lead to the file that it came from.
    const own = customerId === null && table.ownId !== null ? { [table.ownId]: person.pseudonym } : {};
    return [{ key, row: { ...after.row, ...own } }];
  });
  if (masked.length === 0) return;
  for (const statement of uniteRows(table, context.datasets)) await client.query(statement, [JSON.stringify(masked)]);
  await client.query(updateRows(table), [JSON.stringify(masked)]);
}

async function maskQuarantined(
  client: Client,
  context: ErasureContext,
  people: People,
  rows: readonly QuarantinedRow[],
): Promise<void> {
  const masked = rows.flatMap((row) => {
    const own = people.find(row.customerId, row.email);
    // A request with the wrong id was the person's own, but the customer of that id is somebody else.
    const asked = own === undefined && row.reason === "identity_mismatch" ? people.find(null, row.email) : undefined;
    const known = own ?? asked;
    const mentioned = known === undefined ? people.findMentioned(readable(row)) : undefined;
    const person = known ?? mentioned?.person;
    if (person === undefined) return [];
    const customerId = asked === undefined ? (row.customerId ?? mentioned?.customerId ?? null) : null;
    const { payload, values } =
      row.reason === "unreadable" || known === undefined
        ? { payload: REDACTED, values: 1 }
        : maskPayload(row.payload, context.datasets.get(row.dataset), context, person.key);
    people.count(person, "ledger.quarantine", values);
    // Without it nothing would lead to the file that the record came from.
    const alias = customerId === null ? person.pseudonym : pseudonym(person.key, customerId);
    // What it waits for may be the person.
    const missingKey = row.missingKey !== null && row.missingKey === row.customerId ? alias : row.missingKey;
    // Without an id of its own, it may have the person's in a field that is kept.
    const isTold = customerId === null && people.findMentioned(payload) !== undefined;
    return [{ id: row.id, payload: isTold ? REDACTED : payload, pseudonym: alias, missing_key: missingKey }];
  });
  const waiting = context.datasets.all.filter(
    ({ erasure, merge }) => erasure === undefined && merge.missingKeyArrived !== null,
  );
  await client.query(UPDATE_QUARANTINED, [JSON.stringify(masked), waiting.map(({ name }) => name)]);
}

function maskPayload(payload: string, dataset: Dataset, context: ErasureContext, key: PrivacyKey) {
  const before: unknown = JSON.parse(payload);
  const after = maskRecord(before, strategiesOf(context.policy, dataset.name), key);
  return { payload: JSON.stringify(after), values: countMaskedValues(before, after) };
}

function readable(row: QuarantinedRow): string {
  return Buffer.from(row.payload, row.encoding).toString("utf8");
}

function toLikePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}
