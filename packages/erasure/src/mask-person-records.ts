import { strategiesOf } from "@lethe/privacy/policy";
import { recordErased, recordPlaces } from "@lethe/warehouse/erasures/erasure-work";
import type { Client } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import { createErasedPeople, type ErasedPeople } from "./erased-people.js";
import { createErasedRecords } from "./erased-records.js";
import type { ErasedSubject } from "./erased-subject.js";
import { type FilesByErasure, maskQuarantined } from "./mask-quarantined.js";
import { maskRow } from "./mask-row.js";
import { countRows, type PersonTable, personTables, uniteRows, updateRows } from "./person-tables.js";
import { type FoundRows, readRows } from "./read-rows.js";
import { unlinkRows } from "./unlink-rows.js";

/**
 * Masks what the database holds of people who are being erased, each by the outcome of the erasure: their rows in every
 * table that declares to hold people, and their records in quarantine. Runs in the caller's transaction, which must be the
 * one that takes the erasures in. The subjects must be complete: only what bears one of their ids, or one of their emails
 * and no id, is theirs. Returns, by erasure, the files of quarantined records, some of which name the person in their text
 * alone.
 */
export async function maskPersonRecords(
  client: Client,
  context: ErasureContext,
  subjects: readonly ErasedSubject[],
): Promise<FilesByErasure> {
  if (subjects.length === 0) return new Map();
  const people = createErasedPeople(subjects);
  const records = createErasedRecords();
  const pseudonymised = subjects.filter(({ outcome }) => outcome === "pseudonymise");
  const unlinked = subjects.filter(({ outcome }) => outcome !== "pseudonymise");
  // Quarantine comes first: afterwards no id that a record waits for is there any more.
  const files = await maskQuarantined(client, context, people, records);
  if (pseudonymised.length > 0) await pseudonymiseRows(client, context, people);
  if (unlinked.length > 0) await unlinkRows(client, context, people, records);
  await records.write(client);
  const erased = people.results().map(({ tally, ...result }) => ({ ...result, places: tally.places() }));
  await recordPlaces(
    client,
    erased.flatMap(({ erasureId, places }) => places.map((place) => ({ erasureId, ...place }))),
  );
  await recordErased(
    client,
    erased.map(({ erasureId, pseudonyms, places }) => ({ erasureId, pseudonyms, found: places.length > 0 })),
  );
  return files;
}

async function pseudonymiseRows(client: Client, context: ErasureContext, people: ErasedPeople): Promise<void> {
  const tables = personTables(context.datasets);
  // First what refers to people by id alone: an id that changes takes those of other tables along.
  for (const table of tables.filter(({ email }) => email === null)) {
    await countFollowers(client, table, people);
    if (table.maskable.length === 0) continue;
    for (const rows of await readRows(client, [table], people)) await maskRows(client, context, people, rows);
  }
  for (const table of tables.filter(({ email }) => email !== null)) {
    for (const rows of await readRows(client, [table], people)) await maskRows(client, context, people, rows);
  }
}

/** Counts the rows whose id follows that of another table: an erasure changes them, though it writes none of them. */
async function countFollowers(client: Client, table: PersonTable, people: ErasedPeople): Promise<void> {
  const { name, columns } = table.declaration;
  if (!Object.values(columns).some((column) => column.kind === "identifying" && column.follows !== undefined)) return;
  const { text, values } = countRows(table, people.ids());
  const { rows } = await client.query<{ customerId: string; records: number }>(text, [...values]);
  for (const { customerId, records } of rows) {
    const person = pseudonymisedPerson(people, customerId, null);
    for (let i = 0; person !== undefined && i < records; i++) people.count(person, name, 1);
  }
}

async function maskRows(
  client: Client,
  context: ErasureContext,
  people: ErasedPeople,
  { table, rows }: FoundRows,
): Promise<void> {
  const strategies = strategiesOf(context.policy, table.dataset);
  const masked = rows.flatMap(({ key, customerId, email, row }) => {
    const person = pseudonymisedPerson(people, customerId, email);
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

function pseudonymisedPerson(
  people: ErasedPeople,
  customerId: string | null,
  email: string | null,
): ErasedSubject | undefined {
  const person = people.find(customerId, email);
  return person?.outcome === "pseudonymise" ? person : undefined;
}
