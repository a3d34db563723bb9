import type { TableDeclaration } from "@lethe/contracts/data-map";
import type { Pool } from "@lethe/warehouse/pool";
import type { StoredRow } from "./matches-row.js";
import type { RecordKey } from "./record-key.js";

/** A row of a key. */
export interface KeyedRow {
  readonly table: string;
  readonly isCurrent: boolean;
  readonly validFrom: string | null;
  /** Null once an erasure has cut the row off from its file. */
  readonly fileId: number | null;
  readonly row: StoredRow;
}

/**
 * Returns the rows of a key, the current one first, then superseded versions from the newest to the oldest. What is no key of the
 * column's type has none.
 */
export async function rowsOfKey(db: Pool, key: RecordKey, value: string): Promise<KeyedRow[]> {
  const tables = [key.table, ...(key.history === undefined ? [] : [key.history])];
  const found: KeyedRow[] = [];
  for (const table of tables) {
    for (const { row, fileId, validFrom } of await selectRows(db, table, key.field, value)) {
      const isCurrent = table === key.table;
      found.push({ table: table.name, isCurrent, validFrom: validFrom?.toISOString() ?? null, fileId, row });
    }
  }
  return found;
}

interface SelectedRow {
  readonly row: StoredRow;
  readonly fileId: number | null;
  readonly validFrom: Date | null;
}

async function selectRows(db: Pool, table: TableDeclaration, key: string, value: string): Promise<SelectedRow[]> {
  const validFrom = Object.hasOwn(table.columns, "valid_from") ? "t.valid_from" : "null::timestamptz";
  try {
    const { rows } = await db.query<SelectedRow>(
      `select to_jsonb(t) as row, t.${table.sourceFile} as "fileId", ${validFrom} as "validFrom"
       from ${table.name} t where t.${key} = $1 order by 3 desc`,
      [value],
    );
    return rows;
  } catch (error) {
    if (error instanceof Error && "code" in error && NO_SUCH_VALUE.has(String(error.code))) return [];
    throw error;
  }
}

/** The text is none of the column's type, or too great for it. */
const NO_SUCH_VALUE: ReadonlySet<string> = new Set(["22P02", "22003"]);

/** Counts the rows of other tables that came with a row. */
export async function dependantRows(
  pool: Pool,
  { table, dependants }: RecordKey,
  { row, table: name }: KeyedRow,
): Promise<{ table: string; rows: number }[]> {
  const counts: { table: string; rows: number }[] = [];
  for (const dependant of name === table.name ? dependants : []) {
    const { rows } = await pool.query<{ rows: number }>(
      `select count(*) as rows from ${dependant.table} where ${dependant.key} = $1`,
      [row[dependant.key]],
    );
    counts.push({ table: dependant.table, rows: rows[0]?.rows ?? 0 });
  }
  return counts;
}
