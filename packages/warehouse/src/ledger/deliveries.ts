import type { Delivery, LineBatch, LineTrace } from "@lethe/contracts/lineage";
import { partitionStart } from "@lethe/contracts/partition";
import type { Queryable } from "../pool.js";

/** A delivery, and how its kept file is read. */
export interface StoredDelivery {
  readonly delivery: Delivery;
  /** Where it lies in the archive; null for a file that is not archived, or that is encrypted. */
  readonly archivedAs: string | null;
  /** The name of the format in which it is kept. */
  readonly format: string | null;
}

/** Returns deliveries by the ledger's numbers of their files. */
export async function readDeliveries(
  db: Queryable,
  fileIds: readonly number[],
): Promise<ReadonlyMap<number, StoredDelivery>> {
  const { rows } = await db.query<DeliveryRow>(`${SELECT_DELIVERY} where f.id = any ($1)`, [fileIds]);
  return new Map(rows.map((row) => [row.fileId, toDelivery(row)]));
}

/** Returns the number of a file that is archived, or quarantined as a whole, under a path; undefined where there is none. */
export async function fileKeptAs(db: Queryable, path: string, isQuarantined: boolean): Promise<number | undefined> {
  const { rows } = await db.query<{ id: number }>(
    "select id from ledger.files where kept_path = $1 and (state = 'quarantined') = $2 order by id desc limit 1",
    [path, isQuarantined],
  );
  return rows[0]?.id;
}

const SELECT_DELIVERY = `
  select f.id as "fileId", f.dataset, f.partition_date as date, f.partition_hour as hour, f.format, f.state,
         f.kept_path as "keptPath", f.created_at as "takenAt", f.run_id as "runId",
         exists (select from privacy.file_keys k where k.file_id = f.id) as "isSealed"
  from ledger.files f`;

interface DeliveryRow {
  readonly fileId: number;
  readonly dataset: string;
  readonly date: string;
  readonly hour: number;
  readonly format: string | null;
  readonly state: string;
  readonly keptPath: string | null;
  readonly takenAt: Date;
  readonly runId: string;
  readonly isSealed: boolean;
}

/** The name under which a file came is not shown: it may hold anything about anybody. */
function toDelivery({ fileId, dataset, date, hour, format, state, keptPath, takenAt, runId, isSealed }: DeliveryRow) {
  const area = state === "done" ? "archived_data" : state === "quarantined" ? "quarantined_data" : null;
  const keptAs = area === null || keptPath === null ? null : `${area}/${keptPath}`;
  return {
    delivery: {
      fileId,
      dataset,
      partition: partitionStart({ date, hour }),
      keptAs,
      state,
      takenAt: takenAt.toISOString(),
      runId,
    },
    archivedAs: state === "done" && !isSealed ? keptPath : null,
    format,
  };
}

/** Returns the batches that held a line of a file: of the run that took the file, then of replays of the line's record. */
export async function batchesOfLine(db: Queryable, fileId: number, line: number): Promise<LineBatch[]> {
  const { rows } = await db.query<LineBatch>(
    `select b.id as "batchId", b.number, b.state, r.id as "runId", r.kind
     from ledger.batch_segments s
     join ledger.batches b on b.id = s.batch_id
     join ledger.runs r on r.id = b.run_id
     where s.file_id = $1
       and case when s.quarantine_ids is null then $2 >= s.first_line and $2 < s.first_line + s.line_count
                else s.quarantine_ids && array(select q.id from ledger.quarantine q where q.file_id = $1 and q.line = $2)
           end
     order by r.requested_at, b.number`,
    [fileId, line],
  );
  return rows;
}

/** Returns what of a line, or of its whole file, stands or stood in quarantine, without the record. */
export async function quarantinedOfLine(db: Queryable, fileId: number, line: number): Promise<LineTrace["quarantine"]> {
  const { rows } = await db.query<LineTrace["quarantine"][number]>(
    `select id, reason, status, pointer, message, run_id as "runId" from ledger.quarantine
     where file_id = $1 and (line = $2 or line is null) order by id`,
    [fileId, line],
  );
  return rows;
}

/** Returns those of the lines whose records were rejected and have not been loaded since. */
export async function rejectedLines(
  db: Queryable,
  fileId: number,
  lines: readonly number[],
): Promise<ReadonlySet<number>> {
  const { rows } = await db.query<{ line: number }>(
    "select line from ledger.quarantine where file_id = $1 and line = any ($2) and status <> 'replayed'",
    [fileId, lines],
  );
  return new Set(rows.map(({ line }) => line));
}

/** Reports whether a line stands in quarantine, or was closed there, and no replay has loaded it: neither as it came nor as it was corrected. */
export async function isLineRejected(db: Queryable, fileId: number, line: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from ledger.quarantine q
     where file_id = $1 and line = $2 and status <> 'replayed'
       and not exists (select from ledger.quarantine c where c.corrects = q.id) limit 1`,
    [fileId, line],
  );
  return rowCount === 1;
}

/** A record that a replay has loaded, as quarantine held it then. */
export interface ReplayedPayload {
  readonly line: number;
  readonly payload: string;
}

/** Returns the replayed records of a file whose text holds a key, or those of one line of it. */
export async function replayedPayloads(
  db: Queryable,
  fileId: number,
  where: { readonly key: string } | { readonly line: number },
): Promise<ReplayedPayload[]> {
  const { rows } = await db.query<ReplayedPayload>(
    `select line, payload from ledger.quarantine
     where file_id = $1 and status = 'replayed' and line is not null and payload is not null and payload_encoding = 'utf8'
       and ($2::bigint is null or line = $2) and ($3::text is null or position($3 in lower(payload)) > 0)
     order by id desc limit 1000`,
    [fileId, "line" in where ? where.line : null, "key" in where ? where.key : null],
  );
  return rows;
}
