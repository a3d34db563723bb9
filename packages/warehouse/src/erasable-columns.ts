import { isAboutPeople, type TableDeclaration } from "@lethe/contracts/data-map";
import type { Queryable } from "./pool.js";

/**
 * Returns what keeps an erasure from masking declared columns: an id that is not text has no pseudonym, a personal column
 * that must not be null cannot lose its value, a generated column cannot be written, and a column that is declared to
 * follow another one needs a foreign key that cascades. Reads the catalogue, which every role may.
 */
export async function findUnfitColumns(db: Queryable, tables: readonly TableDeclaration[]): Promise<string[]> {
  const columns = tables.flatMap((table) =>
    Object.entries(table.columns).flatMap(([name, column]) => {
      if (column.kind === "neither" || column.field === undefined || !isAboutPeople(column)) return [];
      const isId = column.kind === "identifying" && column.of === "customer-id";
      const follows = column.kind === "identifying" ? column.follows : undefined;
      return [{ table: table.name, name, isId, target: follows?.table ?? null, targetColumn: follows?.column ?? null }];
    }),
  );
  const { rows } = await db.query<{ fault: string }>(SELECT_FAULTS, [JSON.stringify(columns)]);
  return rows.map(({ fault }) => fault);
}

// Tables are looked up by their names: to_regclass would ask for a right to the schema, which some roles do not have.
// https://www.postgresql.org/docs/current/catalog-pg-constraint.html
const SELECT_FAULTS = `
  with relation as (
    select c.oid, n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  )
  select c.table || '.' || c.name || ' ' || fault.text as fault
  from jsonb_to_recordset($1::jsonb) as c ("table" text, name text, "isId" boolean, target text, "targetColumn" text)
  join relation r on r.name = c.table
  join pg_attribute a on a.attrelid = r.oid and a.attname = c.name
  cross join lateral (values
    (case when c."isId" and format_type(a.atttypid, a.atttypmod) <> 'text' then 'must be of type text' end),
    (case when not c."isId" and a.attnotnull then 'must allow null' end),
    (case when a.attgenerated <> '' then 'must not be generated' end),
    (case when c.target is not null and not exists (
            select from pg_constraint k
            join relation target on target.oid = k.confrelid and target.name = c.target
            join pg_attribute t on t.attrelid = k.confrelid and t.attname = c."targetColumn"
            where k.contype = 'f' and k.confupdtype = 'c' and k.conrelid = a.attrelid
              and k.conkey = array[a.attnum] and k.confkey = array[t.attnum]
          ) then format('needs a foreign key to %s (%s) on update cascade', c.target, c."targetColumn") end)
  ) as fault (text)
  where fault.text is not null
  order by 1`;
