import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { TableDeclaration } from "@lethe/contracts/data-map";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { filesBelow } from "@lethe/test-kit/folders";
import { declaredTables } from "@lethe/warehouse/data-map";
import type { Pool } from "@lethe/warehouse/pool";
import { fileKey } from "../feed/file-key.js";

/** What Lethe has made of one day's input, read by plain queries and from plain files. */
export interface Outcome {
  readonly files: readonly FileRow[];
  readonly customers: readonly { readonly id: string; readonly email: string | null; readonly history: number }[];
  readonly products: readonly { readonly sku: number; readonly price: string }[];
  readonly transactions: readonly TransactionRow[];
  /**
   * `file:line reason` of the entries that stand: those that nobody has closed, and those that a record in the warehouse has
   * superseded. The file is named by its key, and the line is 0 for a whole file. What waited until another record of its id was loaded
   * has the reason `superseded`, and so has what waited until its person was erased: a copy of it may have been loaded.
   */
  readonly quarantine: readonly string[];
  /** Transaction ids in `processed_data/`. */
  readonly processed: readonly string[];
  /** The receipts of each erasure that is completed: one. */
  readonly receipts: readonly { readonly erasure: string; readonly times: number }[];
  /** Paths below the roots, with the hash of their bytes. */
  readonly landing: ReadonlyMap<string, string>;
  /** What runs hold of the day's input, by its path from there: nothing once all is settled. */
  readonly claimed: ReadonlyMap<string, string>;
  readonly archived: ReadonlyMap<string, string>;
  readonly quarantined: ReadonlyMap<string, string>;
  /** Everything that rows and files of the day hold, as text. */
  readonly text: string;
}

export interface FileRow {
  readonly path: string;
  readonly state: string;
  readonly keptPath: string | null;
  readonly recordsIn: number;
  readonly loaded: number;
  readonly rejected: number;
}

export interface TransactionRow {
  readonly id: string;
  /** The key of the file that it is from; null for an erased person's. */
  readonly file: string | null;
  readonly customerId: string;
  readonly total: string;
  readonly lines: readonly string[];
}

const TABLES = declaredTables(createDatasets().database);
/** The tables whose rows came from a file, directly or with the row of another table. */
const TABLES_WITH_FILES = TABLES.filter((table) => fileColumnOf(table) !== undefined);

/** Reads the outcome of one day's input (`date=YYYY-MM-DD`). */
export async function readOutcome(pool: Pool, data: string, dayFolder: string): Promise<Outcome> {
  const ofDay = "select id from ledger.files where path like $1 || '/%'";
  const query = async <Row extends object>(text: string) => (await pool.query<Row>(text, [dayFolder])).rows;
  const files = await query<FileRow>(
    `select path, state, kept_path as "keptPath", records_in as "recordsIn", records_loaded as loaded,
            records_rejected as rejected
     from ledger.files where path like $1 || '/%' and state <> 'released' order by path`,
  );
  const customers = await query<Outcome["customers"][number]>(
    `select c.id, c.email, (select count(*) from warehouse.customers_history h where h.id = c.id) as history
     from warehouse.customers c
     where c.source_file_id in (${ofDay}) or ${erasedOn("c.source_file_id", "c.source_partition")} order by c.id`,
  );
  const products = await query<Outcome["products"][number]>(
    `select sku, price::text as price from warehouse.products where source_file_id in (${ofDay}) order by sku`,
  );
  const transactions = await query<TransactionRow>(
    `select t.transaction_id::text as id, (select f.path from ledger.files f where f.id = t.source_file_id) as file, t.customer_id as "customerId", t.total_cost::text as total,
            (select array_agg(concat_ws(' ', p.sku, p.quantity, p.price, p.total) order by p.line)
             from warehouse.purchases p where p.transaction_key = t.transaction_key) as lines
     from warehouse.transactions t
     where t.source_file_id in (${ofDay}) or ${erasedOn("t.source_file_id", "t.transaction_time")} order by 1`,
  );
  const quarantine = await query<{ path: string; entry: string }>(
    `select f.path, coalesce(q.line, 0) || ' ' ||
              case when q.status in ('superseded', 'erased') and q.reason in ('unknown_customer', 'unknown_sku') then 'superseded'
                   else q.reason end as entry
     from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where f.path like $1 || '/%' and f.state <> 'released'
       and (q.status = 'open'
            or q.status = 'erased' and q.reason in ('duplicate', 'conflict', 'unknown_customer', 'unknown_sku')
            or q.status = 'superseded' and ${HAS_SUCCESSOR})
     order by 1, 2`,
  );
  const receipts = await query<Outcome["receipts"][number]>(
    `select e.id as erasure, (select count(*) from privacy.proof_log p
                              where p.kind = 'receipt' and p.body ->> 'erasureId' = e.id::text) as times
     from warehouse.erasure_requests e where e.state = 'completed' and e.source_file_id in (${ofDay})`,
  );
  const rows = await query<{ row: string }>(
    TABLES_WITH_FILES.map((table) => textOfRows(table, ofDay)).join(" union all "),
  );
  const folders = { landing: "landing", archived: "archived_data", quarantined: "quarantined_data" } as const;
  const [claimed, staged, landing, archived, quarantined, published] = await Promise.all([
    readClaimed(join(data, "claimed"), dayFolder),
    readAll(join(data, "staging")),
    readAll(join(data, folders.landing), dayFolder),
    readAll(join(data, folders.archived), dayFolder),
    readAll(join(data, folders.quarantined), dayFolder),
    readAll(join(data, "processed_data"), dayFolder),
  ]);
  const processed = [...published].flatMap(([path, file]) =>
    path.endsWith("/transactions.json.gz") ? idsOf(file) : [],
  );
  // Landing is the senders': what lies there has not arrived.
  const kept = [claimed, staged, archived, quarantined, published].flatMap((files) => [...files.values()]);
  return {
    files,
    customers,
    products,
    transactions: transactions.map((row) => ({ ...row, file: row.file && fileKey(row.file) })),
    quarantine: quarantine.map(({ path, entry }) => `${fileKey(path)}:${entry}`),
    processed,
    receipts,
    landing: hashes(landing),
    claimed: hashes(claimed),
    archived: hashes(archived),
    quarantined: hashes(quarantined),
    text: [...rows.map(({ row }) => row), ...kept.map(textOf)].join("\n"),
  };
}

/** Condition on record `q`, which was closed as superseded: another one of its id is in the warehouse. */
const HAS_SUCCESSOR = `case q.dataset
  when 'customers' then exists (select from warehouse.customers c where c.id = ${ownId("id")})
  when 'products' then exists (select from warehouse.products p where p.sku::text = ${ownId("sku")})
  when 'transactions' then
    exists (select from warehouse.transactions t where t.transaction_id::text = lower(${ownId("transaction_id")}))
end`;

function ownId(field: string): string {
  return `substring(q.payload from '"${field}"\\s*:\\s*"?([^",}\\s]+)')`;
}

/** A row of an erased person names no file any more; its day is left. */
function erasedOn(file: string, time: string): string {
  return `${file} is null and (${time} at time zone 'UTC')::date = substr($1, length('date=') + 1)::date`;
}

function idsOf(packed: Buffer): string[] {
  const lines = gunzipSync(packed).toString("utf8").split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { transaction_id: string }).transaction_id);
}

function textOf(stored: Buffer): string {
  if (stored[0] !== 0x1f || stored[1] !== 0x8b) return stored.toString("utf8");
  try {
    return gunzipSync(stored).toString("utf8");
  } catch {
    // The feed cut it off on purpose. An erasure makes it whole again, and only then does its text matter.
    return "";
  }
}

function hashes(files: ReadonlyMap<string, Buffer>): Map<string, string> {
  return new Map([...files].map(([path, bytes]) => [path, createHash("sha256").update(bytes).digest("hex")]));
}

/** Reads what runs have claimed of a day, by paths that begin with the run. */
async function readClaimed(root: string, day: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  const runs = await readdir(root).catch(() => []);
  for (const run of runs) for (const [path, bytes] of await readAll(root, join(run, day))) found.set(path, bytes);
  return found;
}

/** Reads the files of a folder below a root, by their paths from the root. */
async function readAll(root: string, folder = ""): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const path of (await filesBelow(join(root, folder))).keys()) {
    found.set(join(folder, path), await readFile(join(root, folder, path)));
  }
  return found;
}

/** Returns the SQL that selects a table's rows as text, as far as they came from the files that `ofDay` selects. */
function textOfRows(table: TableDeclaration, ofDay: string): string {
  const { name, belongsTo } = table;
  const source = belongsTo === undefined ? "t" : "owner";
  const join = belongsTo === undefined ? "" : `join ${belongsTo.table} owner using (${belongsTo.key})`;
  return `select t::text as row from ${name} t ${join} where ${source}.${fileColumnOf(table)} in (${ofDay})`;
}

function fileColumnOf({ sourceFile, belongsTo }: TableDeclaration): string | undefined {
  return sourceFile ?? TABLES.find(({ name }) => name === belongsTo?.table)?.sourceFile;
}
