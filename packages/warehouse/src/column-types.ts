import type { Queryable } from "./pool.js";

/** Returns the types of the columns of tables, `warehouse.customers`, as PostgreSQL writes them: by table, then by column. */
export async function readColumnTypes(
  db: Queryable,
  tables: readonly string[],
): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
  const { rows } = await db.query<{ table: string; types: Record<string, string> }>(
    `select t.name as table, jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod)) as types
     from unnest($1::text[]) as t (name)
     join pg_attribute a on a.attrelid = to_regclass(t.name) and a.attnum > 0 and not a.attisdropped
     group by t.name`,
    [tables],
  );
  return new Map(rows.map(({ table, types }) => [table, types]));
}
