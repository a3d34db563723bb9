import type { TableDeclaration } from "@lethe/contracts/data-map";
import type { Client } from "@lethe/warehouse/pool";
import type { Row } from "./mask-row.js";
import { recordIdColumn, unlinkedColumns } from "./unlink-row.js";

/** Writes unlinked rows over those of the same primary key, in the order given. */
export async function writeRows(
  client: Client,
  table: TableDeclaration,
  rows: readonly { readonly key: unknown; readonly row: Row }[],
): Promise<void> {
  const { name, primaryKey } = table;
  const set = unlinkedColumns(table).map((column) => `${column} = unlinked.${column}`);
  await client.query(
    `update ${name} t set ${set.join(", ")}
     from jsonb_array_elements($1::jsonb) as element
     cross join lateral jsonb_populate_record(null::${name}, element -> 'row') as unlinked
     cross join lateral jsonb_populate_record(null::${name}, jsonb_build_object('${primaryKey}', element -> 'key')) as old
     where t.${primaryKey} = old.${primaryKey}`,
    [JSON.stringify(rows)],
  );
}

/**
 * Gives the rows that belong to a table's records the records' new ids, in tables that say nothing else of people. Those
 * that do are written row by row.
 */
export async function replaceInChildren(
  client: Client,
  parent: TableDeclaration,
  tables: readonly TableDeclaration[],
  newIds: ReadonlyMap<string, string>,
): Promise<void> {
  const parentId = recordIdColumn(parent);
  if (parentId === undefined || newIds.size === 0) return;
  const ids = JSON.stringify([...newIds].map(([old, id]) => ({ old, id })));
  for (const table of tables) {
    const { name, belongsTo, columns } = table;
    const column = recordIdColumn(table);
    if (column === undefined || belongsTo?.table !== parent.name) continue;
    if (Object.values(columns).some(({ kind }) => kind !== "neither")) continue;
    await client.query(
      `update ${name} c set ${column} = made.${column}
       from jsonb_array_elements($1::jsonb) as element
       cross join lateral jsonb_populate_record(null::${parent.name}, jsonb_build_object('${parentId}', element -> 'old')) as old
       cross join lateral jsonb_populate_record(null::${name}, jsonb_build_object('${column}', element -> 'id')) as made
       join ${parent.name} p on p.${parentId} = old.${parentId}
       where c.${belongsTo.key} = p.${belongsTo.key}`,
      [ids],
    );
  }
}
