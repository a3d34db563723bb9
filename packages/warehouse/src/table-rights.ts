import { DATABASE_ROLES, type DatabaseDeclaration, type DatabaseRole } from "@lethe/contracts/data-map";
import { declaredTables, OWN_SCHEMAS, tablesAboutPeople } from "./data-map.js";

/** Returns the name of the database role of a service, of the merger or of the analysts. */
export function toRole(name: string): string {
  return `lethe_${name}`;
}

/** Returns the statements that give each role the rights that tables declare for it, and take all others from it. */
export function grantRights(declaration: DatabaseDeclaration): string {
  const grants = DATABASE_ROLES.map((role) => onlyWhereThere(role, rightsOf(role, declaration)));
  return [...grants, onlyWhereThere("analyst", readViews(declaration))].join("\n");
}

function rightsOf(role: DatabaseRole, declaration: DatabaseDeclaration): string {
  const to = toRole(role);
  const granted = declaredTables(declaration).flatMap(({ name, rights }) => {
    const privileges = rights[role];
    return privileges === undefined ? [] : [{ name, privileges }];
  });
  const schemas = OWN_SCHEMAS.filter((schema) => granted.some(({ name }) => name.startsWith(`${schema}.`)));
  return [
    `revoke all on all tables in schema ${OWN_SCHEMAS.join(", ")} from ${to};`,
    `revoke all on schema ${OWN_SCHEMAS.join(", ")} from ${to};`,
    `grant usage on schema ${schemas.join(", ")} to ${to};`,
    ...granted.map(({ name, privileges }) => `grant ${privileges} on ${name} to ${to};`),
    ...(role === "loader" ? [grantVacuum(to, tablesToVacuum(declaration))] : []),
  ].join("\n");
}

/** The tables that an erasure may change: those about people, and those in whose texts it may find somebody. */
function tablesToVacuum(declaration: DatabaseDeclaration): string[] {
  const changed = declaredTables(declaration).filter(({ rights }) => /\bupdate\b/.test(rights.loader ?? ""));
  return [...new Set([...tablesAboutPeople(declaration), ...changed.map(({ name }) => name)])];
}

/** An erasure vacuums what it has masked. Before PostgreSQL 17 only a table's owner can. */
function grantVacuum(to: string, tables: readonly string[]): string {
  return `if current_setting('server_version_num')::integer >= 170000 then
            grant maintain on ${tables.join(", ")} to ${to};
          end if;`;
}

/** Whatever else somebody puts into the schema may show people, so analysts read the declared views alone. */
function readViews(declaration: DatabaseDeclaration): string {
  const to = toRole("analyst");
  const views = new Set(declaredTables(declaration).flatMap(({ analyticsView }) => analyticsView ?? []));
  return [
    `revoke all on all tables in schema analytics from ${to};`,
    `grant usage on schema analytics to ${to};`,
    ...[...views].map((view) => `grant select on analytics.${view} to ${to};`),
  ].join("\n");
}

/** Roles are the server's: whoever migrates may not have been allowed to create them. */
function onlyWhereThere(role: string, statements: string): string {
  return `do $$ begin
    if exists (select from pg_roles where rolname = '${toRole(role)}') then
      ${statements}
    end if;
  end $$;`;
}
