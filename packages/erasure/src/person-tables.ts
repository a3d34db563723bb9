import { columnsThatIdentify, isAboutPeople, type TableDeclaration } from "@lethe/contracts/data-map";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { Datasets } from "@lethe/datasets/create-datasets";

/** A table with rows of data subjects, and how its rows are found and masked. All of it follows from the declarations. */
export interface PersonTable {
  readonly dataset: DatasetName;
  readonly declaration: TableDeclaration;
  /** The expression that gives the customer id of a row `t`, and the one of its email, where the table has one. */
  readonly customerId: string;
  readonly email: string | null;
  /** The column of the customer id that masking writes; null where it follows another column, or is another table's. */
  readonly ownId: string | null;
  /** The table and the join by which `t` and whatever its expressions name are read. */
  readonly from: string;
  /** Columns that masking changes; none in a table whose ids follow those of another one. */
  readonly maskable: readonly string[];
}

/** A statement with its values, as pg takes it. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Returns the tables of all datasets that hold rows of data subjects. */
export function personTables(datasets: Datasets): readonly PersonTable[] {
  const declarations = datasets.database.tables;
  return datasets.all.flatMap(({ name, tables }) =>
    tables.flatMap((table) => {
      const linked = linkToPerson(table, declarations);
      return linked === undefined
        ? []
        : [{ dataset: name, declaration: table, ...linked, maskable: maskableOf(table) }];
    }),
  );
}

/**
 * Returns the query for the rows of a table that belong to any of these customer ids or emails. Its columns are `key`
 * (the primary key), `customerId`, `email` and `row`.
 */
export function selectRows(table: PersonTable, ids: readonly string[], emails: readonly string[] = []): Statement {
  const { customerId, email, from, declaration } = table;
  const columns = `to_jsonb(t.${declaration.primaryKey}) as key, ${customerId} as "customerId", ${email ?? "null"} as email`;
  return belonging(table, `select ${columns}, to_jsonb(t) as row from ${from}`, "", ids, emails);
}

/**
 * Returns the query that counts the rows of a table that belong to any of these customer ids or emails, by customer
 * id.
 */
export function countRows(table: PersonTable, ids: readonly string[], emails: readonly string[] = []): Statement {
  const columns = `${table.customerId} as "customerId", count(*)::integer as records`;
  return belonging(table, `select ${columns} from ${table.from}`, `group by ${table.customerId}`, ids, emails);
}

/**
 * Returns the update that puts masked rows in place. It takes a JSON array of `{key, row}`: the row's primary key and its
 * masked columns.
 */
export function updateRows({
  declaration: { name, primaryKey, erasedAt, restrictedAt },
  maskable,
}: PersonTable): string {
  const columns = maskable.map((column) => `${column} = masked.${column}`);
  const marks = [
    ...(erasedAt === undefined ? [] : [`${erasedAt} = clock_timestamp()`]),
    // Of an erased person nothing is left to restrict, and their sales count again.
    ...(restrictedAt === undefined ? [] : [`${restrictedAt} = null`]),
  ];
  return `
    update ${name} t set ${[...columns, ...marks].join(", ")}
    from jsonb_array_elements($1::jsonb) as element
    cross join lateral jsonb_populate_record(null::${name}, element -> 'row') as masked
    cross join lateral jsonb_populate_record(null::${name}, jsonb_build_object('${primaryKey}', element -> 'key')) as old
    where t.${primaryKey} = old.${primaryKey}`;
}

/**
 * Returns the statements that merge the two rows of a person who was erased, consented again and is being erased
 * again. In a table whose primary key identifies a person, such a person has a row under the pseudonym and another
 * under the id. The older row becomes a past version if the table has a history, references to the id are changed to
 * the pseudonym, and one masked row remains. Run the statements before `updateRows`, with the same JSON array.
 * Returns an empty list for any other table.
 */
export function uniteRows(table: PersonTable, datasets: Datasets): readonly string[] {
  const { name, primaryKey, history, erasedAt, columns } = table.declaration;
  if (columns[primaryKey]?.kind !== "identifying") return [];
  const twice = `
    jsonb_array_elements($1::jsonb) as element
    join ${name} erased on erased.${primaryKey} = element -> 'row' ->> '${primaryKey}'
                       and erased.${primaryKey} <> element ->> 'key'
    join ${name} again on again.${primaryKey} = element ->> 'key'`;
  const past = datasets.database.tables.find((other) => other.name === history);
  const shared = past === undefined ? [] : Object.keys(columns).filter((column) => Object.hasOwn(past.columns, column));
  const ofVersion = shared.filter((column) => column !== erasedAt && !table.maskable.includes(column));
  const set = [
    ...table.maskable.map((column) => `${column} = masked.${column}`),
    ...ofVersion.map((column) => `${column} = again.${column}`),
    ...(erasedAt === undefined ? [] : [`${erasedAt} = clock_timestamp()`]),
  ];
  return [
    ...(past === undefined
      ? []
      : [
          `insert into ${past.name} (${shared.join(", ")}, valid_to)
           select ${shared.map((column) => `erased.${column}`).join(", ")}, again.valid_from from ${twice}`,
        ]),
    ...columnsThatFollow(table.declaration, datasets).map(
      ({ follower, column }) =>
        `update ${follower} f set ${column} = erased.${primaryKey} from ${twice} where f.${column} = again.${primaryKey}`,
    ),
    `update ${name} t set ${set.join(", ")}
     from ${twice}
     cross join lateral jsonb_populate_record(null::${name}, element -> 'row') as masked
     where t.${primaryKey} = erased.${primaryKey}`,
    `delete from ${name} t
     using jsonb_array_elements($1::jsonb) as element
     join ${name} erased on erased.${primaryKey} = element -> 'row' ->> '${primaryKey}'
     where t.${primaryKey} = element ->> 'key' and t.${primaryKey} <> erased.${primaryKey}`,
  ];
}

/**
 * Returns the query for all ids of a person who is given by customer id and email: the id itself, and every id that a
 * table stores with that email. The query's column `identity` says whether the email is the customer's: `match`,
 * `mismatch`, or `unknown` if the table that registers data subjects has no such customer.
 */
export function selectIdentity(tables: readonly PersonTable[], customerId: string, email: string): Statement {
  const sameEmail = tables.flatMap((table) =>
    table.email === null ? [] : [`union select ${table.customerId} from ${table.from} where ${table.email} = $2`],
  );
  const register = tables.find((table) => table.declaration.registersSubjects === true);
  const identity =
    register === undefined
      ? "null"
      : `(select case when ${register.email} is not distinct from $2 then 'match' else 'mismatch' end
          from ${register.from} where ${register.customerId} = $1)`;
  return {
    text: `
      select array(select $1::text ${sameEmail.join(" ")}) as ids, coalesce(${identity}, 'unknown') as identity,
             $2::text as email`,
    values: [customerId, email],
  };
}

/**
 * Returns the subquery that lists every person whom the tables name, with the table's name as `place`, the id and the
 * email (null in tables that store no email).
 */
export function selectEverybody(tables: readonly PersonTable[]): string {
  return tables
    .filter(({ customerId }) => customerId.startsWith("t."))
    .map(({ declaration: { name }, customerId, email, from }) =>
      // A table that names its people by id alone may name each of them many times.
      email === null
        ? `(select distinct '${name}' as place, ${customerId} as id, null as email from ${from})`
        : `(select '${name}' as place, ${customerId} as id, ${email} as email from ${from})`,
    )
    .join(" union all ");
}

/**
 * Returns the subquery for the ids (`file_id`) of the files that a person's rows came from. It covers every declared
 * table that stores both an identifier of the person and a source file, the ledger's tables among them. $1 is an
 * array of ids or pseudonyms, $2 an email or null.
 */
export function selectSourceFiles(declarations: readonly TableDeclaration[]): string {
  return declarations
    .flatMap(({ name, columns, sourceFile }) => {
      if (sourceFile === undefined) return [];
      const where = Object.entries(columns).flatMap(([column, declared]) => {
        if (declared.kind !== "identifying" || declared.of === "keyed-hash" || declared.of === "analytics-id")
          return [];
        if (declared.of === "email") return [`${column} = $2`];
        return [declared.many === true ? `${column} && $1` : `${column} = any ($1)`];
      });
      // Each by an index of its own, which an OR would keep from being used.
      return where.map((condition) => `select ${sourceFile} as file_id from ${name} where ${condition}`);
    })
    .join(" union ");
}

function linkToPerson(
  table: TableDeclaration,
  declarations: readonly TableDeclaration[],
): Pick<PersonTable, "customerId" | "email" | "ownId" | "from"> | undefined {
  const id = columnsThatIdentify(table, "customer-id")[0];
  const email = columnsThatIdentify(table, "email")[0];
  if (id !== undefined) {
    const ownId = maskableOf(table).includes(id) ? id : null;
    return { customerId: `t.${id}`, email: email === undefined ? null : `t.${email}`, ownId, from: `${table.name} t` };
  }
  const { belongsTo } = table;
  const parent = declarations.find(({ name }) => name === belongsTo?.table);
  const parentId = parent === undefined ? undefined : columnsThatIdentify(parent, "customer-id")[0];
  // What neither identifies nor describes a person has nothing to mask.
  if (parentId === undefined || belongsTo === undefined || maskableOf(table).length === 0) return undefined;
  return {
    customerId: `p.${parentId}`,
    email: null,
    ownId: null,
    from: `${table.name} t join ${belongsTo.table} p using (${belongsTo.key})`,
  };
}

function maskableOf({ columns }: TableDeclaration): string[] {
  return Object.keys(columns).filter((name) => {
    const column = columns[name];
    if (column === undefined || column.kind === "neither" || column.field === undefined) return false;
    return isAboutPeople(column) && (column.kind === "personal" || column.follows === undefined);
  });
}

function columnsThatFollow({ name, primaryKey }: TableDeclaration, datasets: Datasets) {
  return datasets.database.tables.flatMap((follower) =>
    Object.entries(follower.columns).flatMap(([column, declared]) =>
      declared.kind === "identifying" && declared.follows?.table === name && declared.follows.column === primaryKey
        ? [{ follower: follower.name, column }]
        : [],
    ),
  );
}

function belonging(
  { customerId, email }: PersonTable,
  select: string,
  end: string,
  ids: readonly string[],
  emails: readonly string[],
): Statement {
  if (email === null || emails.length === 0) {
    return { text: `${select} where ${customerId} = any ($1) ${end}`, values: [ids] };
  }
  return { text: `${select} where ${customerId} = any ($1) or ${email} = any ($2) ${end}`, values: [ids, emails] };
}
