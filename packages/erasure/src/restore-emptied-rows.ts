import { columnsThatIdentify, type TableDeclaration } from "@lethe/contracts/data-map";
import type { Dataset } from "@lethe/datasets/dataset";
import { ERASED_ID, ERASED_ID_PATTERN, randomErasedId } from "@lethe/privacy/erased-id";
import type { Client } from "@lethe/warehouse/pool";

/**
 * Puts back the empty rows that erasures have left of people and their versions, where the warehouse has fewer than the erasures have
 * counted. No file leads to them: what the archive has left of such a person is the shared customer, once. Each is like that one,
 * under a random id. Returns how many there were to put back.
 */
export async function restoreEmptiedRows(client: Client, { merge, tables }: Dataset): Promise<number> {
  const register = tables.find(({ registersSubjects }) => registersSubjects === true);
  const [id] = register === undefined ? [] : columnsThatIdentify(register, "customer-id");
  if (register === undefined || id === undefined) return 0;
  if (merge.lock !== null) await client.query(merge.lock);
  let restored = 0;
  for (const table of tables.filter(({ name }) => name === register.name || name === register.history)) {
    const { rows } = await client.query<{ lacking: number }>(
      `select (select coalesce(sum(p.records), 0) from privacy.erasure_places p
               join warehouse.erasure_requests e on e.id = p.erasure_id
               where p.place = $1 and e.outcome <> 'pseudonymise')::integer
              - (select count(*) from ${table.name} where ${id} ~ $2)::integer as lacking`,
      [table.name, ERASED_ID_PATTERN],
    );
    const ids = Array.from({ length: Math.max(rows[0]?.lacking ?? 0, 0) }, randomErasedId);
    const columns = copiedColumns(register, table, id);
    const { rowCount } = await client.query(
      `insert into ${table.name} (${id}, ${columns.join(", ")})
       select own.id, ${columns.map((name) => `shared.${name}`).join(", ")}
       from ${register.name} shared, unnest($1::text[]) as own (id) where shared.${id} = $2`,
      [ids, ERASED_ID],
    );
    restored += rowCount ?? 0;
  }
  return restored;
}

/** Returns the columns that both tables have, but for what tells rows apart or names a file. */
function copiedColumns(register: TableDeclaration, table: TableDeclaration, id: string): string[] {
  const own = new Set([
    id,
    table.sourceFile,
    ...table.primaryKey.split(", "),
    ...columnsThatIdentify(register, "analytics-id"),
  ]);
  return Object.keys(table.columns).filter((name) => Object.hasOwn(register.columns, name) && !own.has(name));
}
