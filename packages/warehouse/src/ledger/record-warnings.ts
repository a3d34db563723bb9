import { type BatchWarning, RECORD_WARNINGS, type RecordWarning } from "@lethe/contracts/record-warnings";
import type { Notice } from "@lethe/contracts/runs";
import type { Client, Queryable } from "../pool.js";

/** Stores the warnings of a batch and replaces those stored before. Call it in a transaction that holds the batch's lock. */
export async function writeRecordWarnings(
  client: Client,
  batchId: string,
  warnings: readonly BatchWarning[],
): Promise<void> {
  await client.query("delete from ledger.record_warnings where batch_id = $1", [batchId]);
  if (warnings.length === 0) return;
  await client.query(
    `insert into ledger.record_warnings (batch_id, code, records, first_file_id, first_line)
     select $1, * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[])`,
    [
      batchId,
      warnings.map(({ code }) => code),
      warnings.map(({ records }) => records),
      warnings.map(({ fileId }) => fileId),
      warnings.map(({ line }) => line),
    ],
  );
}

/** Returns the warnings about a run's records as notices: one of each kind, with the file of its first record. */
export async function readRecordWarnings(db: Queryable, runId: string): Promise<Notice[]> {
  // The smallest array is the earliest place: arrays compare by file, then by line.
  const { rows } = await db.query<{ code: RecordWarning; records: number; path: string; line: number }>(
    `select w.code, w.records, f.path, w.first[2] as line
     from (select w.code, sum(w.records)::bigint as records, min(array[w.first_file_id, w.first_line]) as first
           from ledger.batches b join ledger.record_warnings w on w.batch_id = b.id
           where b.run_id = $1 group by w.code) w
     join ledger.files f on f.id = w.first[1]
     order by w.code collate "C"`,
    [runId],
  );
  return rows.map(({ code, records, path, line }) => ({
    code,
    path,
    message: `${RECORD_WARNINGS[code]} ${records === 1 ? "1 record" : `${records} records`}, the first in line ${line}.`,
  }));
}
