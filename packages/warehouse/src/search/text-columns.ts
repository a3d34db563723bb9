import { OWN_SCHEMAS } from "../data-map.js";
import type { Queryable } from "../pool.js";

/** A table with columns that can hold text. */
export interface SearchableTable {
  /** Schema and table. */
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string; readonly isWritable: boolean }[];
  /** Bytes on disk. */
  readonly bytes: number;
  readonly isReadable: boolean;
}

/**
 * Returns every table of Lethe's schemas with its columns that can hold text (text, JSON, arrays of them), declared or
 * not, and what the connection's role may do with them.
 */
export async function searchableTables(db: Queryable): Promise<SearchableTable[]> {
  const { rows } = await db.query<SearchableTable>(SELECT_TABLES, [OWN_SCHEMAS]);
  return rows;
}

const SELECT_TABLES = `
  select n.nspname || '.' || c.relname as name, pg_table_size(c.oid) as bytes,
         has_table_privilege(c.oid, 'select') as "isReadable",
         json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
                                    -- Where the possible values are listed, a redacted one would not fit.
                                    'isWritable', has_column_privilege(c.oid, a.attnum, 'update') and not exists (
                                      select from pg_constraint k
                                      where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
                                        and pg_get_constraintdef(k.oid) like '%= ANY (%'))
                  order by a.attnum) as columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  join pg_type t on t.oid = a.atttypid
  left join pg_type element on element.oid = t.typelem and t.typcategory = 'A'
  left join pg_type base on base.oid = t.typbasetype and t.typtype = 'd'
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname = any ($1)
    and (coalesce(element.typcategory, base.typcategory, t.typcategory) = 'S'
         or coalesce(element.typname, base.typname, t.typname) in ('json', 'jsonb', 'xml'))
  group by n.nspname, c.relname, c.oid
  order by 1`;

/** Texts of a row, in the order of the columns, and where the row is. */
export interface RowTexts {
  readonly place: string;
  readonly texts: readonly (string | null)[];
}

const ROWS_AT_ONCE = 5_000;

/**
 * Yields a table's rows, the columns as texts, several at a time. Call it in a transaction: what it yields is the table as it
 * is when it is called.
 */
export async function* readTexts(client: Queryable, table: SearchableTable): AsyncGenerator<RowTexts[]> {
  const columns = table.columns.map(({ name }) => `${quoted(name)}::text`).join(", ");
  await client.query(
    `declare searched_rows no scroll cursor for
     select ctid::text as place, array[${columns}] as texts from only ${quotedTable(table.name)}`,
  );
  try {
    for (;;) {
      const { rows } = await client.query<RowTexts>(`fetch ${ROWS_AT_ONCE} from searched_rows`);
      if (rows.length === 0) return;
      yield rows;
    }
  } finally {
    await client.query("close searched_rows").catch(() => undefined);
  }
}

/** What becomes of some of a row's texts, by the names of their columns. */
export interface RowChange {
  readonly place: string;
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

/**
 * Changes texts of rows that are still what they were. Where a changed text has to be unique, a number tells it apart. Returns
 * the files that the changed rows came from, where `sourceFile` names the column.
 */
export async function changeTexts(
  client: Queryable,
  table: SearchableTable,
  changes: readonly RowChange[],
  sourceFile?: string,
): Promise<number[]> {
  const names = new Set(changes.flatMap(({ after }) => Object.keys(after)));
  const changed = table.columns.filter(({ name }) => names.has(name));
  const set = changed.map(({ name, type }) => {
    const text = `change.after ->> ${literal(name)}`;
    return `${quoted(name)} = case when ${text} is null then t.${quoted(name)} else (${text})::${type} end`;
  });
  const isSame = changed.map(({ name }) => {
    const text = `change.before ->> ${literal(name)}`;
    return `(${text} is null or ${text} = t.${quoted(name)}::text)`;
  });
  const statement = `
    update ${quotedTable(table.name)} t set ${set.join(", ")}
    from jsonb_to_recordset($1::jsonb) as change (place text, before jsonb, after jsonb)
    where t.ctid = change.place::tid and ${isSame.join(" and ")}
    returning ${sourceFile === undefined ? "null" : `t.${quoted(sourceFile)}`} as "fileId"`;
  if (changes.length === 0) return [];
  const run = async (some: readonly RowChange[]) => {
    const { rows } = await client.query<{ fileId: number | null }>(statement, [JSON.stringify(some)]);
    return rows.flatMap(({ fileId }) => fileId ?? []);
  };
  await client.query("savepoint change_texts");
  try {
    return await run(changes);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    await client.query("rollback to savepoint change_texts");
    return run(changes.map((change, i) => ({ ...change, after: apartBy(change, i + 1) })));
  }
}

function apartBy({ place, after }: RowChange, number: number): Record<string, string> {
  const mark = `${place.replace(/[^0-9]+/g, "-")}${number}`;
  return Object.fromEntries(Object.entries(after).map(([name, text]) => [name, `${text} ${mark}`]));
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function quotedTable(name: string): string {
  return name.split(".").map(quoted).join(".");
}
