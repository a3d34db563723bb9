import type { DatabaseDeclaration } from "@lethe/contracts/data-map";
import { UnfitDatabaseError } from "@lethe/contracts/errors";
import type { ServiceName } from "@lethe/contracts/services";
import { declaredTables, tablesAboutPeople } from "./data-map.js";
import { requireVacuumer } from "./erasures/vacuum-erased-tables.js";
import type { Queryable } from "./pool.js";
import { toRole } from "./table-rights.js";

/**
 * Checks that a connection has every right that a service needs for its work (`requireRights`), and the loader's that it may vacuum,
 * too. Throws what `requireRights` and `requireVacuumer` throw.
 */
export async function requireServiceRights(
  db: Queryable,
  declaration: DatabaseDeclaration,
  service: ServiceName,
): Promise<void> {
  await requireRights(db, declaration, service);
  if (service === "loader") await requireVacuumer(db, tablesAboutPeople(declaration));
}

/**
 * Checks that a connection has what the tables declare for a service, and that no policy hides rows from it. Throws
 * UnfitDatabaseError, which names what is missing and the remedy.
 */
export async function requireRights(
  db: Queryable,
  declaration: DatabaseDeclaration,
  service: ServiceName,
): Promise<void> {
  const wanted = wantedRights(declaration, service);
  const { rows } = await db.query<FoundRights>(SELECT_RIGHTS, [
    wanted.map(({ table }) => table),
    wanted.map(({ privilege }) => privilege),
    wanted.map(({ column }) => column),
  ]);
  const [{ who = "", database = "", mayMakeTables = true, mayMerge = true, missing = [], hidden = [] } = {}] = rows;
  if (missing.length > 0) {
    throw new UnfitDatabaseError(
      "database_rights",
      `the role ${who} lacks rights that the ${service} needs: ${missing.join(", ")}. Run \`lethe migrate\` with the DATABASE_URL of the database's owner, which grants them to ${toRole(service)}, and let the login take that role on by \`grant ${toRole(service)} to <login>\` (sql-scripts/README.md)`,
    );
  }
  if (service === "loader" && !mayMakeTables) {
    throw new UnfitDatabaseError(
      "database_rights",
      `the role ${who} may not make temporary tables, which loads need: run \`grant temporary on database ${database} to ${who}\` as the database's owner`,
    );
  }
  if (service === "loader" && !mayMerge) {
    throw new UnfitDatabaseError(
      "database_rights",
      `the role ${who} may not call the functions that merge transactions: run \`lethe migrate\` with the DATABASE_URL of the database's owner`,
    );
  }
  if (hidden.length > 0) {
    throw new UnfitDatabaseError(
      "database_row_security",
      `row security is enabled on ${hidden.join(", ")} and applies to the role ${who}, so an erasure could pass rows over: run \`alter table … disable row level security\` for each, or \`alter role ${who} bypassrls\``,
    );
  }
}

interface Right {
  readonly table: string;
  readonly privilege: string;
  /** Null for the whole table. */
  readonly column: string | null;
}

interface FoundRights {
  readonly who: string;
  readonly database: string;
  readonly mayMakeTables: boolean;
  readonly mayMerge: boolean;
  readonly missing: readonly string[];
  readonly hidden: readonly string[];
}

/** Takes declared rights apart: `select, update (state, path)`. */
function wantedRights(declaration: DatabaseDeclaration, service: ServiceName): Right[] {
  return declaredTables(declaration).flatMap(({ name: table, rights }) =>
    [...(rights[service] ?? "").matchAll(/(\w+)(?:\s*\(([^)]*)\))?/g)].flatMap(
      ([, privilege = "", columns]): Right[] =>
        columns === undefined
          ? [{ table, privilege, column: null }]
          : columns.split(",").map((column) => ({ table, privilege, column: column.trim() })),
    ),
  );
}

const SELECT_RIGHTS = `
  with wanted as (
    select w.name, w.privilege, w."column", c.oid,
           has_schema_privilege(n.oid, 'usage')
             and case when w."column" is null then has_table_privilege(c.oid, w.privilege)
                      else has_column_privilege(c.oid, w."column", w.privilege) end as has
    from unnest($1::text[], $2::text[], $3::text[]) as w (name, privilege, "column")
    join pg_namespace n on n.nspname = split_part(w.name, '.', 1)
    join pg_class c on c.relnamespace = n.oid and c.relname = split_part(w.name, '.', 2)
  )
  select quote_ident(current_user) as who, quote_ident(current_database()) as database,
         has_database_privilege(current_database(), 'temporary') as "mayMakeTables",
         (select coalesce(bool_and(has_function_privilege(p.oid, 'execute')), true)
          from pg_proc p join pg_namespace n on n.oid = p.pronamespace
          where n.nspname = 'warehouse' and p.proname in ('open_transaction_stage', 'take_transactions', 'merge_transactions')
         ) as "mayMerge",
         array(select privilege || ' on ' || name || coalesce(' (' || "column" || ')', '') from wanted where not has) as missing,
         array(select distinct name from wanted where row_security_active(oid)) as hidden`;
