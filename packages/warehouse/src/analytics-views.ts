import {
  type AddedRows,
  columnsThatIdentify,
  type IdentifyingColumn,
  type TableDeclaration,
} from "@lethe/contracts/data-map";
import { ConfigurationError } from "@lethe/contracts/errors";

/**
 * Returns the statements that create the views of schema `analytics`. A view shows what the declarations of its tables let
 * analysts see, in their order; the key that several tables have in common comes last. Whose row it is shows as the
 * subject's random number. Throws ConfigurationError for declarations that make no view.
 */
export function createAnalyticsViews(tables: readonly TableDeclaration[]): string {
  const views = new Set(tables.flatMap(({ analyticsView }) => analyticsView ?? []));
  return [...views]
    .map((view) => {
      const shown = tables.filter(({ analyticsView }) => analyticsView === view);
      return createView(view, shown, tables);
    })
    .join("\n");
}

function createView(view: string, shown: readonly TableDeclaration[], tables: readonly TableDeclaration[]): string {
  const columns: ViewColumn[] = [];
  const keys: ViewColumn[] = [];
  const from: string[] = [];
  for (const [i, table] of shown.entries()) {
    const alias = `t${i}`;
    from.push(i === 0 ? `${table.name} ${alias}` : joinOf(view, table, shown[0], alias));
    for (const [name, column] of Object.entries(table.columns)) {
      if (column.analytics === undefined) continue;
      const sql = `${alias}.${name}`;
      if (column.kind === "personal") columns.push({ sql: column.analytics.sql(sql), as: column.analytics.as });
      if (column.kind === "neither") {
        const isKey = shown.some(({ belongsTo }) => belongsTo?.table === table.name && belongsTo.key === name);
        (isKey ? keys : columns).push({ sql, as: column.analytics });
      }
      if (column.kind === "identifying") {
        const subjects = subjectsOf(tables, column, name);
        const subject = table.name === subjects.table ? alias : `${alias}_${name}`;
        if (subject !== alias)
          from.push(`left join ${subjects.table} ${subject} on ${subject}.${subjects.id} = ${sql}`);
        columns.push({ sql: `${subject}.${subjects.analyticsId}`, as: column.analytics });
      }
    }
  }
  const where = shown.flatMap((table, i) => unrestricted(table, `t${i}`, shown, tables));
  const condition = where.length === 0 ? "" : ` where ${where.join(" and ")}`;
  const all = [...columns, ...keys];
  const selects = [
    `select ${all.map(({ sql, as }) => `${sql} as ${as}`).join(", ")} from ${from.join(" ")}${condition}`,
    ...tables
      .flatMap(({ adds = [] }) => adds.filter((added) => added.view === view))
      .map((added) => addRows(added, all)),
  ];
  return `create or replace view analytics.${view} as ${selects.join(" union all ")};`;
}

interface ViewColumn {
  readonly sql: string;
  readonly as: string;
}

function addRows(added: AddedRows, columns: readonly ViewColumn[]): string {
  const unknown = Object.keys(added.columns).find((name) => !columns.some(({ as }) => as === name));
  if (unknown !== undefined) {
    throw new ConfigurationError(`rows are added to analytics.${added.view}, which has no column ${unknown}`);
  }
  return `select ${columns.map(({ as }) => added.columns[as] ?? "null").join(", ")} from ${added.from}`;
}

/** Returns the conditions that keep rows of people whose data is restricted out of a view. */
function unrestricted(
  table: TableDeclaration,
  alias: string,
  shown: readonly TableDeclaration[],
  tables: readonly TableDeclaration[],
): string[] {
  const register = tables.find(({ registersSubjects }) => registersSubjects);
  const id = register === undefined ? undefined : columnsThatIdentify(register, "customer-id")[0];
  if (register?.restrictedAt === undefined || id === undefined) return [];
  const { restrictedAt } = register;
  if (table.name === register.name) return [`${alias}.${restrictedAt} is null`];
  // Few people are restricted, so they are looked for rather than everybody else.
  const isRestricted = `r.${restrictedAt} is not null`;
  const own = columnsThatIdentify(table, "customer-id").map(
    (column) => `not exists (select from ${register.name} r where r.${id} = ${alias}.${column} and ${isRestricted})`,
  );
  const parent = tables.find(({ name }) => name === table.belongsTo?.table);
  if (table.belongsTo === undefined || parent === undefined || shown.includes(parent)) return own;
  const { key } = table.belongsTo;
  return [
    ...own,
    ...columnsThatIdentify(parent, "customer-id").map(
      (column) =>
        `not exists (select from ${parent.name} p join ${register.name} r on r.${id} = p.${column}
                     where p.${key} = ${alias}.${key} and ${isRestricted})`,
    ),
  ];
}

function joinOf(view: string, table: TableDeclaration, first: TableDeclaration | undefined, alias: string): string {
  if (table.belongsTo === undefined || table.belongsTo.table !== first?.name) {
    throw new ConfigurationError(
      `${table.name} is declared for the view analytics.${view} and does not belong to ${first?.name}: give it a view of its own`,
    );
  }
  return `left join ${table.name} ${alias} using (${table.belongsTo.key})`;
}

/** Finds the table that says who there is, and its columns of id and random number, to show them in place of a column. */
function subjectsOf(
  tables: readonly TableDeclaration[],
  shown: IdentifyingColumn,
  name: string,
): { table: string; id: string; analyticsId: string } {
  const table = tables.find(({ registersSubjects }) => registersSubjects);
  const columnOf = (of: IdentifyingColumn["of"]) =>
    Object.entries(table?.columns ?? {}).find(([, column]) => column.kind === "identifying" && column.of === of)?.[0];
  const id = columnOf("customer-id");
  const analyticsId = columnOf("analytics-id");
  if (shown.of !== "customer-id" || table === undefined || id === undefined || analyticsId === undefined) {
    throw new ConfigurationError(
      `analysts cannot see ${name} as ${shown.analytics}: it must be a customer-id, and the table that registers data subjects must have an analytics-id`,
    );
  }
  return { table: table.name, id, analyticsId };
}
