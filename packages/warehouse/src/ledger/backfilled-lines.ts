import type { StagingTable, TableDeclaration } from "@lethe/contracts/data-map";
import { columnsThatIdentify } from "@lethe/contracts/data-map";
import type { Client, Queryable } from "../pool.js";

/** A line of a file that stands in quarantine, or has. */
export interface QuarantinedLine {
  readonly fileId: number;
  readonly line: number;
  /** Whether it only repeats what is there. */
  readonly isDuplicate: boolean;
  /** Whether an erasure has closed its entry: then what the archive has left of it says whether it was loaded since. */
  readonly isErased: boolean;
}

/** Returns the lines of these files that stand in quarantine, or have, whatever became of them. */
export async function quarantinedLines(db: Queryable, fileIds: readonly number[]): Promise<QuarantinedLine[]> {
  const { rows } = await db.query<QuarantinedLine>(
    `select file_id as "fileId", line, bool_and(reason = 'duplicate') as "isDuplicate", bool_and(status = 'erased') as "isErased"
     from ledger.quarantine where file_id = any ($1) and line is not null
     group by file_id, line order by file_id, line`,
    [fileIds],
  );
  return rows;
}

/** A staged record: the number of its batch among those that are loaded together, and its place in it. */
export interface StagedPlace {
  readonly part: number;
  readonly ordinal: number;
}

/** Removes records from the staging tables; returns those that had a row in the first, which are those that were accepted. */
export async function removeStaged(
  client: Client,
  tables: readonly StagingTable[],
  places: readonly StagedPlace[],
): Promise<StagedPlace[]> {
  const removed: StagedPlace[] = [];
  if (places.length === 0) return removed;
  for (const [i, { name }] of tables.entries()) {
    const { rows } = await client.query<StagedPlace>(
      `delete from pg_temp.${name} s using unnest($1::integer[], $2::integer[]) as p (part, ordinal)
       where s.part = p.part and s.ordinal = p.ordinal returning s.part, s.ordinal`,
      [places.map(({ part }) => part), places.map(({ ordinal }) => ordinal)],
    );
    if (i === 0) removed.push(...rows);
  }
  return removed;
}

/**
 * Removes from the staged rejects of a backfill what is no news: lines that stand in quarantine, or have; what only repeats something;
 * and what is held for a question whose customer is there.
 */
export async function removeKnownRejects(client: Client, register: TableDeclaration | undefined): Promise<void> {
  const [id] = register === undefined ? [] : columnsThatIdentify(register, "customer-id");
  const isThere =
    register === undefined || id === undefined
      ? "false"
      : `exists (select from ${register.name} c where c.${id} = s.subject_customer_id and c.${register.erasedAt} is null)`;
  await client.query(
    `delete from pg_temp.stage_quarantine s
     where s.reason in ('duplicate', 'conflict')
       or s.reason = 'held' and ${isThere}
       or s.quarantine_id is null
          and exists (select from ledger.quarantine q where q.file_id = s.file_id and q.line = s.line)`,
  );
}

/** How many staged rejects there are of a part of a file in a batch, by reason. */
export interface NewRejects {
  readonly batchId: string;
  readonly fileId: number;
  readonly isReplayed: boolean;
  readonly reason: string;
  readonly records: number;
}

/** Counts the staged rejects. */
export async function countStagedRejects(client: Client): Promise<NewRejects[]> {
  const { rows } = await client.query<NewRejects>(
    `select batch_id as "batchId", file_id as "fileId", quarantine_id is not null as "isReplayed", reason, count(*) as records
     from pg_temp.stage_quarantine group by 1, 2, 3, 4`,
  );
  return rows;
}

/** Returns which of these files are of partitions whose processed file a backfill writes anew. */
export async function filesToRewrite(
  db: Queryable,
  runId: string,
  fileIds: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = await db.query<{ id: number }>(
    "select file_id as id from ledger.backfill_files where run_id = $1 and file_id = any ($2) and rewrites",
    [runId, fileIds],
  );
  return new Set(rows.map(({ id }) => id));
}
