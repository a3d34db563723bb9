import { columnsThatIdentify } from "@lethe/contracts/data-map";
import type { Dataset } from "@lethe/datasets/dataset";
import { ERASED_ID, randomErasedId } from "@lethe/privacy/erased-id";
import type { Client } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import type { ErasedPeople } from "./erased-people.js";
import type { ErasedRecords } from "./erased-records.js";
import type { ErasedSubject } from "./erased-subject.js";
import { type PersonTable, personTables } from "./person-tables.js";
import { type FoundRow, type FoundRows, readRows } from "./read-rows.js";
import { recordIdColumn, unlinkedColumns, unlinkRow } from "./unlink-row.js";
import { replaceInChildren, writeRows } from "./unlink-statements.js";

/**
 * Cuts the rows of people from the people and from one another: an older version or a customer becomes an empty row under a
 * random id of its own, and what refers to a customer refers to the shared one, under a random id of its own. Where the
 * outcome is `aggregate` and a dataset has sums, its rows are folded into those.
 */
export async function unlinkRows(
  client: Client,
  context: ErasureContext,
  people: ErasedPeople,
  records: ErasedRecords,
): Promise<void> {
  const found = (await readRows(client, personTables(context.datasets), people)).map((rows) => ownRows(rows, people));
  const tables = found.filter(({ table }) => table.ownId === null);
  const newIds = new Map<string, string>();
  for (const { table, rows } of tables) {
    const dataset = context.datasets.get(table.dataset);
    const folded = nameRecords(dataset, table, rows, records, newIds);
    for (const statement of folded.length === 0 ? [] : (dataset.fold ?? [])) await client.query(statement, [folded]);
  }
  await shareOneCustomer(client, found, people);
  // A table's rows are found through the one that they belong to, so those that belong to others come first.
  const childrenFirst = [...tables].sort((a, b) => Number(hasCustomer(a.table)) - Number(hasCustomer(b.table)));
  for (const { table, rows } of childrenFirst) {
    if (hasCustomer(table))
      await replaceInChildren(client, table.declaration, context.datasets.database.tables, newIds);
    const left = rows.filter(({ row }) => isLeft(table, row, newIds));
    await unlink(client, context, people, { table, rows: left }, newIds);
  }
  for (const rows of found.filter(({ table }) => table.ownId !== null)) {
    await unlink(client, context, people, rows, newIds);
  }
}

/** A row with its person. */
interface OwnRow extends FoundRow {
  readonly person: ErasedSubject;
}

interface OwnRows {
  readonly table: PersonTable;
  readonly rows: OwnRow[];
}

/** The rows of the people who are unlinked, in no order: rows of one person must not lie beside one another. */
function ownRows({ table, rows }: FoundRows, people: ErasedPeople): OwnRows {
  const own = rows.flatMap((row) => {
    const person = people.find(row.customerId, row.email);
    return person === undefined || person.outcome === "pseudonymise" ? [] : [{ ...row, person }];
  });
  for (let i = own.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1));
    const [a, b] = [own[i], own[other]];
    if (a !== undefined && b !== undefined) [own[i], own[other]] = [b, a];
  }
  return { table, rows: own };
}

/** Gives each record of a table a random id. Returns the ids of those that are folded instead, and so have none. */
function nameRecords(
  dataset: Dataset,
  table: PersonTable,
  rows: readonly OwnRow[],
  records: ErasedRecords,
  newIds: Map<string, string>,
): string[] {
  const column = recordIdColumn(table.declaration);
  if (column === undefined || !hasCustomer(table)) return [];
  return rows.flatMap(({ row, person }) => {
    const id = String(row[column]);
    const hash = dataset.hashRecordId(id, person.key);
    if (person.outcome === "aggregate" && dataset.fold !== null) {
      records.forget(hash, person.key);
      return [id];
    }
    newIds.set(id, records.replace(hash, person.key, person.erasureId));
    return [];
  });
}

function isLeft(
  { declaration }: PersonTable,
  row: Readonly<Record<string, unknown>>,
  newIds: ReadonlyMap<string, string>,
) {
  const column = recordIdColumn(declaration);
  return column === undefined || newIds.has(String(row[column]));
}

/** Makes one of the rows the shared customer's, where there is none yet, so that there are as many rows as before. */
async function shareOneCustomer(client: Client, found: readonly OwnRows[], people: ErasedPeople): Promise<void> {
  const register = found.find(({ table }) => table.declaration.registersSubjects === true);
  const idColumn = register?.table.ownId;
  if (register === undefined || idColumn === undefined || idColumn === null || register.rows.length === 0) return;
  const shared = await client.query(`select from ${register.table.declaration.name} where ${idColumn} = $1`, [
    ERASED_ID,
  ]);
  if (shared.rows.length > 0) return;
  const [first] = register.rows.splice(0, 1);
  if (first === undefined) return;
  const { row, values } = unlinkRow(register.table, first.row, { customerId: ERASED_ID, newIds: NO_IDS, fields: {} });
  people.count(first.person, register.table.declaration.name, values);
  await writeRows(client, register.table.declaration, [{ key: first.key, row }]);
}

async function unlink(
  client: Client,
  context: ErasureContext,
  people: ErasedPeople,
  { table, rows }: OwnRows,
  newIds: ReadonlyMap<string, string>,
): Promise<void> {
  if (rows.length === 0 || unlinkedColumns(table.declaration).length === 0) return;
  const { fields } = context.datasets.get(table.dataset);
  const unlinked = rows.map(({ key, row, person }) => {
    const customerId = table.ownId === null ? ERASED_ID : randomErasedId();
    const after = unlinkRow(table, row, { customerId, newIds, fields });
    people.count(person, table.declaration.name, after.values);
    return { key, row: after.row };
  });
  await writeRows(client, table.declaration, unlinked);
}

/** Reports whether a table says itself whose its rows are. */
function hasCustomer({ declaration }: PersonTable): boolean {
  return columnsThatIdentify(declaration, "customer-id").length > 0;
}

const NO_IDS: ReadonlyMap<string, string> = new Map();
