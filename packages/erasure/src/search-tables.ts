import type { ColumnDeclaration } from "@lethe/contracts/data-map";
import { LostLockError } from "@lethe/contracts/errors";
import type { Dataset } from "@lethe/datasets/dataset";
import { redactInRecord } from "@lethe/datasets/redact-in-record";
import { isSaidToBeId } from "@lethe/privacy/id-context";
import { REDACTED } from "@lethe/privacy/mask-value";
import { strategiesOf } from "@lethe/privacy/policy";
import { redactInText } from "@lethe/privacy/redact-in-text";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import { type FoundValue, isIdentifier } from "@lethe/privacy/value-search";
import { declaredTables } from "@lethe/warehouse/data-map";
import { inErasureTransaction } from "@lethe/warehouse/erasures/erasure-fence";
import { recordPlacesOf } from "@lethe/warehouse/erasures/erasure-work";
import { recordReviewFindings } from "@lethe/warehouse/erasures/review-findings";
import { type Client, inTransaction } from "@lethe/warehouse/pool";
import {
  changeTexts,
  type RowChange,
  type RowTexts,
  readTexts,
  type SearchableTable,
  searchableTables,
} from "@lethe/warehouse/search/text-columns";
import type { ErasureContext, HeldErasureContext } from "./context.js";
import { maskRawRecords } from "./mask-record-text.js";
import { parseJson } from "./parse-json.js";
import { personTables, selectRows } from "./person-tables.js";
import { rewriteFound } from "./rewrite-found.js";
import { countPlace, type PlaceCounts, type SearchRun } from "./search-run.js";
import type { SearchScope } from "./search-scope.js";
import type { SearchedPeople } from "./searched-people.js";

/** A table of at most so many bytes is searched whatever the scope. */
const SMALL_TABLE_BYTES = 8 * 1024 * 1024;

type TableContext = Pick<ErasureContext, "pool" | "datasets" | "policy">;
type HeldTableContext = TableContext & Pick<HeldErasureContext, "fence">;

/**
 * Searches every table of Lethe's schemas for people, column by column, declared or not, and redacts what is found: each
 * table is read once for all of them. Where the scope is their own files, a large table is asked by index alone whether it
 * still has rows of theirs. A table that fails holds up the erasures of those who were found in it. Returns the names of the
 * tables that were changed.
 */
export async function searchTables(
  context: HeldTableContext,
  people: SearchedPeople,
  findSuppression: FindSuppression,
  scope: SearchScope,
  run: SearchRun,
): Promise<readonly string[]> {
  const changed: string[] = [];
  const tables = await searchableTables(context.pool);
  for (const table of tables) {
    if (!table.isReadable || (scope !== "everything" && table.bytes > SMALL_TABLE_BYTES)) {
      run.notSearched.tables += 1;
      continue;
    }
    run.scan.tables += 1;
    const counts = countPlace(table.name, "");
    try {
      await inErasureTransaction(context.pool, context.fence, async (client) => {
        const searched = await searchTable(client, context, { table, people, findSuppression, counts });
        run.scan.records += searched.rows;
        const sourceFile = sourceFileOf(context, table.name);
        for (const fileId of await applyChanges(client, table, searched, sourceFile)) run.fileIds.add(fileId);
        await recordPlacesOf(client, table.name, "", counts.masked());
        await recordReviewFindings(client, counts.reviews());
      });
      for (const { erasureId } of counts.masked()) run.found.add(erasureId);
      if (counts.isChanged()) changed.push(table.name);
      run.fail(counts.left(), "still_found", table.name, "");
    } catch (error) {
      if (error instanceof LostLockError) throw error;
      const concerned = [...counts.masked(), ...counts.reviews()].map(({ erasureId }) => erasureId);
      // A table that cannot be read at all concerns everybody.
      if (concerned.length === 0) throw error;
      run.fail(concerned, codeOf(error), table.name, "");
    }
  }
  return changed;
}

/** Asks by index whether tables still have rows under these ids or emails, and fails the erasures of those. */
export async function findRowsLeft(
  { pool, datasets }: Pick<TableContext, "pool" | "datasets">,
  people: SearchedPeople,
  identifiers: { readonly ids: readonly string[]; readonly emails: readonly string[] },
  run: SearchRun,
): Promise<void> {
  for (const table of personTables(datasets)) {
    const { text, values } = selectRows(table, identifiers.ids, identifiers.emails);
    const { rows } = await pool.query<{ customerId: string | null; email: string | null }>(text, [...values]);
    const owners = rows.map(({ customerId, email }) => people.ownerOf({ customerId, email, name: null }));
    run.scan.records += rows.length;
    run.fail(
      owners.filter((owner) => owner !== undefined),
      "still_found",
      table.declaration.name,
      "",
    );
  }
}

/** Returns the stable code of an error, which names no person. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unexpected";
}

interface TableSearch {
  readonly table: SearchableTable;
  readonly people: SearchedPeople;
  readonly findSuppression: FindSuppression;
  readonly counts: PlaceCounts;
}

interface SearchedTable {
  readonly rows: number;
  /** Rows that an erasure changes, or would have to. */
  readonly found: number;
  readonly held: number;
  readonly changes: readonly RowChange[];
  readonly records: readonly ChangedRecord[];
}

/** What was found in a table that nothing was changed in. */
export interface TableScan {
  readonly place: string;
  readonly records: number;
  readonly findings: number;
  /** Records that are held until a person decides whose they are. */
  readonly held: number;
}

/** Searches every table as an erasure does, and changes nothing. Says how many there are that this login may not read. */
export async function scanTables(
  context: TableContext,
  people: SearchedPeople,
  findSuppression: FindSuppression,
): Promise<{ readonly scans: readonly TableScan[]; readonly unreadable: number }> {
  const scans: TableScan[] = [];
  const tables = await searchableTables(context.pool);
  const readable = tables.filter(({ isReadable }) => isReadable);
  for (const table of readable) {
    const counts = countPlace(table.name, "");
    const { rows, found, held } = await inTransaction(context.pool, (client) =>
      searchTable(client, context, { table, people, findSuppression, counts }),
    );
    scans.push({ place: table.name, records: rows, findings: found, held });
  }
  return { scans, unreadable: tables.length - readable.length };
}

async function applyChanges(
  client: Client,
  table: SearchableTable,
  { changes, records }: SearchedTable,
  sourceFile: string | undefined,
): Promise<number[]> {
  const fileIds = await changeTexts(client, table, changes, sourceFile);
  if (records.length === 0) return fileIds;
  const { rows } = await client.query<{ fileId: number }>(UPDATE_RECORDS, [JSON.stringify(records)]);
  return [...fileIds, ...rows.map(({ fileId }) => fileId)];
}

function sourceFileOf({ datasets }: TableContext, table: string): string | undefined {
  return declaredTables(datasets.database).find(({ name }) => name === table)?.sourceFile;
}

async function searchTable(client: Client, context: TableContext, search: TableSearch): Promise<SearchedTable> {
  const { table, people } = search;
  const redact = table.name === QUARANTINE ? undefined : columnRedaction(context, search);
  const redactRecord = table.name === QUARANTINE ? recordRedaction(context, search) : undefined;
  const changes: RowChange[] = [];
  const records: ChangedRecord[] = [];
  const isHeld = heldRows(table);
  const sums = { rows: 0, found: 0, held: 0 };
  for await (const rows of readTexts(client, table)) {
    sums.rows += rows.length;
    for (const row of rows) {
      const found = people.find(textOf(table, row));
      if (found.length === 0) continue;
      if (isHeld(row)) {
        sums.held += 1;
        continue;
      }
      const before = search.counts.total();
      const record = redactRecord?.(row);
      if (record !== undefined) records.push(record);
      const change = redact?.(row, found);
      if (change !== undefined) changes.push(change);
      if (search.counts.total() > before) sums.found += 1;
    }
  }
  return { ...sums, changes, records };
}

const QUARANTINE = "ledger.quarantine";

/** Creates the check for records that wait for a person to say whose they are. */
function heldRows({ name, columns }: SearchableTable): (row: RowTexts) => boolean {
  const reason = name === QUARANTINE ? columns.findIndex((column) => column.name === "reason") : -1;
  return ({ texts }) => texts[reason] === "held";
}

/** Returns all texts of a row. Bytes that were no text when they came stand in base64, and are read as far as they can be. */
function textOf({ name, columns }: SearchableTable, { texts }: RowTexts): string {
  const encoding = name === QUARANTINE ? columns.findIndex((column) => column.name === "payload_encoding") : -1;
  const isEncoded = (i: number) => texts[encoding] === "base64" && columns[i]?.name === "payload";
  return texts
    .flatMap((text, i) => (text === null ? [] : [isEncoded(i) ? Buffer.from(text, "base64").toString("utf8") : text]))
    .join("\n");
}

/** Creates the redaction of a table's rows, column by column. */
function columnRedaction(context: TableContext, { table, people, counts }: TableSearch) {
  const declaration = declaredTables(context.datasets.database).find(({ name }) => name === table.name);
  const dataset = context.datasets.all.find(({ tables }) => tables.some(({ name }) => name === table.name));
  const ofData = table.name.startsWith("warehouse.");
  const idColumn = table.columns.findIndex(({ name }) => isOf(declaration?.columns[name], "customer-id"));
  return (row: RowTexts, found: readonly FoundValue[]): RowChange | undefined => {
    const texts: { name: string; before: string; after: string }[] = [];
    const told = new Set<string>();
    for (const [i, column] of table.columns.entries()) {
      const before = row.texts[i];
      const declared = declaration?.columns[column.name];
      if (before === null || before === undefined || isKeyed(declared)) continue;
      const inColumn = people.find(before);
      if (inColumn.length === 0) continue;
      counts.at(0, column.name);
      for (const { erasureId, kind } of inColumn) told.add(`${erasureId} ${kind}`);
      if (isOf(declared, "customer-id") || isOf(declared, "email")) {
        const isOwn = isOf(declared, "customer-id") || !/^\d{6}$/.test(row.texts[idColumn] ?? "");
        for (const { erasureId } of inColumn) {
          if (isOwn) counts.onLeft(erasureId);
          else counts.onReview(erasureId, "email");
        }
        continue;
      }
      const mayRedact = ({ kind, start }: FoundValue, text: string) => {
        if (!ofData) return true;
        if (kind === "email") return true;
        return kind === "customer-id" && mayHoldId(declared, dataset) && isSaidToBeId(column.name, text, start);
      };
      const after = column.isWritable
        ? redactColumn(before, column.type, (text) => people.find(text).filter((one) => mayRedact(one, text)))
        : undefined;
      for (const one of distinct(inColumn)) {
        if (after !== undefined && mayRedact(one, before)) counts.onMasked(one.erasureId, 1);
        else if (one.kind !== "customer-id") counts.onReview(one.erasureId, one.kind);
      }
      if (after !== undefined) texts.push({ name: column.name, before, after });
    }
    // A name that stands in two columns.
    counts.at(0);
    for (const { erasureId, kind } of distinct(found)) {
      if (!told.has(`${erasureId} ${kind}`) && !isIdentifier(kind)) counts.onReview(erasureId, kind);
    }
    if (texts.length === 0) return undefined;
    return {
      place: row.place,
      before: Object.fromEntries(texts.map(({ name, before }) => [name, before])),
      after: Object.fromEntries(texts.map(({ name, after }) => [name, after])),
    };
  };
}

function redactColumn(text: string, type: string, find: (text: string) => readonly FoundValue[]): string | undefined {
  if (!/^jsonb?$/.test(type)) return redactInText(text, find);
  const redacted = redactInRecord({ fields: {}, shape: { known: new Map(), wanted: [] } }, parseJson(text), find);
  return redacted === undefined ? undefined : JSON.stringify(redacted);
}

interface ChangedRecord {
  readonly place: string;
  readonly payload: string;
  readonly message: string;
  readonly pointer: string | null;
  readonly subjectCustomerId: string | null;
  readonly subjectEmail: string | null;
  readonly missingKey: string | null;
  readonly isRedacted: boolean;
}

/** Creates the redaction of quarantined records. */
function recordRedaction(context: TableContext, { table, people, findSuppression, counts }: TableSearch) {
  const indexOf = new Map(table.columns.map(({ name }, i) => [name, i]));
  const ownerOf = (keys: FiledUnder) =>
    keys.customerId === null && keys.email === null ? undefined : people.ownerOf({ ...keys, name: null });
  return (row: RowTexts): ChangedRecord | undefined => {
    const text = (name: string) => row.texts[indexOf.get(name) ?? -1] ?? null;
    counts.at(0, "payload");
    const dataset = context.datasets.get(text("dataset") ?? "");
    const before = text("payload") ?? "";
    const plain = Buffer.from(before, text("payload_encoding") === "base64" ? "base64" : "utf8").toString("utf8");
    // What may still be loaded was masked as the erasure began; what has come since must not count again.
    const masking = { strategies: strategiesOf(context.policy, dataset.name), replacementOf: () => undefined };
    const mask = maskRawRecords(dataset, masking, findSuppression, () => undefined);
    const payload = rewriteFound(dataset, mask, people, counts).json(plain);
    const redacted = (name: string) => {
      const value = text(name);
      const after = value === null ? undefined : redactInText(value, people.find);
      if (value === null || after === undefined) return undefined;
      counts.at(0, name);
      for (const { erasureId } of distinct(people.find(value))) counts.onMasked(erasureId, 1);
      return after;
    };
    const [message, pointer] = [redacted("message"), redacted("pointer")];
    const [customerId, email, missing] = [text("subject_customer_id"), text("subject_email"), text("missing_key")];
    const owners = [ownerOf({ customerId, email: null }), ownerOf({ customerId: null, email })] as const;
    const keys = filedUnder({ customerId, email }, owners, dataset.subjectOf(parseJson(payload ?? plain)));
    if (payload === undefined && message === undefined && pointer === undefined && keys === undefined) return undefined;
    counts.at(0, "subject_customer_id");
    const owner = owners[0] ?? owners[1];
    if (payload === undefined && keys !== undefined && owner !== undefined) counts.onMasked(owner, 1);
    // What it waits for may be the person.
    const missingKey = missing !== null && missing === customerId && keys !== undefined ? keys.customerId : missing;
    return {
      place: row.place,
      payload: payload ?? before,
      message: message ?? text("message") ?? "",
      pointer: pointer ?? text("pointer"),
      subjectCustomerId: keys === undefined ? customerId : keys.customerId,
      subjectEmail: keys === undefined ? email : keys.email,
      missingKey: payload === REDACTED ? null : missingKey,
      isRedacted: payload === REDACTED,
    };
  };
}

/** Whom a quarantined record is filed under. */
interface FiledUnder {
  readonly customerId: string | null;
  readonly email: string | null;
}

/**
 * Returns what a record is filed under once the people whose id and email these are have gone: what `left` of it says, which
 * is nothing of theirs. A record of somebody else, who has the email as well, keeps it. Returns undefined if nothing changes.
 */
function filedUnder(
  { customerId, email }: FiledUnder,
  [ownerOfId, ownerOfEmail]: readonly [id: string | undefined, email: string | undefined],
  left: FiledUnder,
): FiledUnder | undefined {
  if (ownerOfId === undefined && ownerOfEmail === undefined) return undefined;
  const isOthers = ownerOfId === undefined && customerId !== null && left.email === email;
  const keptId = left.customerId === customerId ? null : left.customerId;
  const after = {
    customerId: ownerOfId === undefined ? customerId : keptId,
    email: ownerOfEmail === undefined && ownerOfId === undefined ? email : isOthers ? email : null,
  };
  return after.customerId === customerId && after.email === email ? undefined : after;
}

// A record of which nothing is left is no longer of use.
const UPDATE_RECORDS = `
  update ledger.quarantine q
  set payload = case when q.payload is null then null else record.payload end,
      payload_encoding = case when record.payload = q.payload then q.payload_encoding else 'utf8' end,
      message = record.message, pointer = record.pointer,
      subject_customer_id = record."subjectCustomerId", subject_email = record."subjectEmail", missing_key = record."missingKey",
      status = case when record."isRedacted" then 'erased' else q.status end,
      resolved_at = case when record."isRedacted" then coalesce(q.resolved_at, clock_timestamp()) else q.resolved_at end
  from jsonb_to_recordset($1::jsonb) as record (
    place text, payload text, message text, pointer text, "subjectCustomerId" text, "subjectEmail" text, "missingKey" text,
    "isRedacted" boolean)
  where q.ctid = record.place::tid
  returning q.file_id as "fileId"`;

function isOf(declared: ColumnDeclaration | undefined, of: "customer-id" | "email"): boolean {
  return declared?.kind === "identifying" && declared.of === of;
}

function isKeyed(declared: ColumnDeclaration | undefined): boolean {
  return declared?.kind === "identifying" && declared.of !== "customer-id" && declared.of !== "email";
}

/** Digits in a phone number, a postcode or a column of none of a person's fields are no id. */
function mayHoldId(declared: ColumnDeclaration | undefined, dataset: Dataset | undefined): boolean {
  if (declared === undefined) return true;
  if (declared.kind !== "personal" || declared.field === undefined) return declared.kind === "personal";
  const field = dataset?.fields[declared.field];
  return field?.kind === "personal" && field.search !== "phone" && field.search !== "postcode";
}

function distinct(found: readonly FoundValue[]): readonly FoundValue[] {
  return [...new Map(found.map((one) => [`${one.erasureId} ${one.kind}`, one])).values()];
}
