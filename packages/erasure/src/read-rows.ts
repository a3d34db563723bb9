import type { Client } from "@lethe/warehouse/pool";
import type { ErasedPeople } from "./erased-people.js";
import type { Row } from "./mask-row.js";
import { type PersonTable, selectRows } from "./person-tables.js";

/** Reads the rows of people in tables. */
export async function readRows(
  client: Client,
  tables: readonly PersonTable[],
  people: ErasedPeople,
): Promise<FoundRows[]> {
  const found: FoundRows[] = [];
  for (const table of tables) {
    const { text, values } = selectRows(table, people.ids(), people.emails());
    const { rows } = await client.query<FoundRow>(text, [...values]);
    found.push({ table, rows });
  }
  return found;
}

/** Rows of people in one table. */
export interface FoundRows {
  readonly table: PersonTable;
  readonly rows: readonly FoundRow[];
}

export interface FoundRow {
  /** The primary key. */
  readonly key: unknown;
  readonly customerId: string | null;
  readonly email: string | null;
  readonly row: Row;
}
