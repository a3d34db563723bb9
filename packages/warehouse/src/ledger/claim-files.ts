import type { DatasetName } from "@lethe/contracts/datasets";
import { RunStateError } from "@lethe/contracts/errors";
import type { Partition } from "@lethe/contracts/partition";
import { isActive, type RunState } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";
import type { ExtractionClient, ExtractionRunClient } from "./extraction-fence.js";
import { runIsActive } from "./states.js";

export interface FoundFile {
  readonly path: string;
  readonly partition: Partition;
  /** The keyed hash of its content. */
  readonly sha256: Buffer;
  readonly bytes: number;
  /** The keyed hash of its dataset, partition, name and content. */
  readonly delivery: Buffer;
  /** The name of the format in which it is kept. */
  readonly format: string;
  /** What it was when it came, if it is kept in another form. */
  readonly convertedFrom: string | null;
}

/**
 * The outcome of claiming a file:
 * - `taken`: it was new to the ledger and now belongs to this run;
 * - `resumed`: this run took it before it was interrupted, and may have recorded some of its batches;
 * - `known`: the same delivery was loaded or quarantined before, or is in the same list under another path;
 * - `busy`: it belongs to another active run.
 */
export type Claim =
  | { readonly kind: "taken"; readonly fileId: number }
  | { readonly kind: "resumed"; readonly fileId: number; readonly complete: boolean }
  | { readonly kind: "known"; readonly quarantined: KnownQuarantined | undefined }
  | { readonly kind: "busy" };

/** A file in quarantine that was delivered again. */
export interface KnownQuarantined {
  readonly fileId: number;
  /** Where it is kept, relative to the quarantine folder. */
  readonly keptPath: string;
}

/**
 * Claims files for a run as deliveries, and returns a claim for each, in their order. With `force`, a delivery that was loaded
 * or quarantined before is taken again. Throws RunStateError when the run is not active.
 */
export async function claimFiles(
  db: ExtractionClient,
  runId: string,
  dataset: DatasetName,
  files: readonly FoundFile[],
  force: boolean,
): Promise<Claim[]> {
  const deliveries = files.map((file) => file.delivery);
  if (force) {
    await db.query(
      `update ledger.files set state = 'released'
       where dataset = $1 and delivery = any ($2) and state in ('done', 'quarantined') and run_id <> $3`,
      [dataset, deliveries, runId],
    );
  }
  const taken = await db.query<{ id: number; path: string }>(CLAIM, [
    dataset,
    runId,
    files.map((file) => file.path),
    files.map((file) => file.partition.date),
    files.map((file) => file.partition.hour),
    files.map((file) => file.sha256),
    files.map((file) => file.bytes),
    deliveries,
    files.map((file) => file.format),
    files.map((file) => file.convertedFrom),
  ]);
  const takenByPath = new Map(taken.rows.map((row) => [row.path, row.id]));
  const missing = files.filter((file) => !takenByPath.has(file.path)).map((file) => file.delivery);
  if (missing.length > 0) await requireActive(db, runId);
  const knownByDelivery = missing.length === 0 ? new Map<string, KnownRow>() : await readKnown(db, dataset, missing);
  return files.map((file) => {
    const fileId = takenByPath.get(file.path);
    if (fileId !== undefined) return { kind: "taken", fileId };
    const known = knownByDelivery.get(file.delivery.toString("hex"));
    if (known === undefined || known.state !== "open") {
      const keptPath = known?.state === "quarantined" ? known.kept_path : null;
      const isKept = known !== undefined && keptPath !== null;
      return { kind: "known", quarantined: isKept ? { fileId: known.id, keptPath } : undefined };
    }
    if (known.run_id !== runId) return { kind: "busy" };
    if (known.path !== file.path) return { kind: "known", quarantined: undefined };
    return { kind: "resumed", fileId: known.id, complete: known.batches_total !== null };
  });
}

/** Returns which of some deliveries the ledger knows, by their hashes. */
export async function knownDeliveries(
  db: Queryable,
  dataset: DatasetName,
  hashes: readonly Buffer[],
): Promise<Buffer[]> {
  const { rows } = await db.query<{ delivery: Buffer }>(
    "select delivery from ledger.files where dataset = $1 and delivery = any ($2) and state <> 'released'",
    [dataset, hashes],
  );
  return rows.map(({ delivery }) => delivery);
}

/** What the ledger keeps of a content that came before and is not as it came any more. */
export interface ChangedContent {
  readonly fileId: number;
  readonly sha256: Buffer;
  readonly delivery: Buffer | null;
  /** Below the archive, or below the quarantine. */
  readonly keptPath: string;
  readonly format: string | null;
  /** Whether it was quarantined as a whole; otherwise people were masked in it. */
  readonly isQuarantined: boolean;
  /** Whether people were masked in it. */
  readonly isMasked: boolean;
}

/** Returns, of some contents by their hashes, those that stand in quarantine whole and those in which people were masked. */
export async function changedContents(
  db: Queryable,
  dataset: DatasetName,
  hashes: readonly Buffer[],
): Promise<ChangedContent[]> {
  const { rows } = await db.query<ChangedContent>(
    `select id as "fileId", sha256, delivery, kept_path as "keptPath", format, state = 'quarantined' as "isQuarantined",
            masked as "isMasked"
     from ledger.files
     where dataset = $1 and sha256 = any ($2) and (masked or state = 'quarantined') and kept_path is not null
     order by id`,
    [dataset, hashes],
  );
  return rows;
}

// Locks the run as every batch does, so that a cancellation sees every file that it must release.
const CLAIM = `
  with open_run as materialized (
    select from ledger.runs
    where id = $2 and ${runIsActive()}
    for share
  )
  insert into ledger.files (dataset, run_id, path, partition_date, partition_hour, sha256, bytes, delivery, format,
                            converted_from, state)
  select $1, $2, path, partition_date, partition_hour, sha256, bytes, delivery, format, converted_from, 'open'
  from unnest($3::text[], $4::date[], $5::smallint[], $6::bytea[], $7::bigint[], $8::bytea[], $9::text[], $10::text[])
    as found (path, partition_date, partition_hour, sha256, bytes, delivery, format, converted_from)
  where exists (select from open_run)
  on conflict (dataset, delivery) where state <> 'released' do nothing
  returning id, path`;

async function requireActive(db: Queryable, runId: string): Promise<void> {
  const { rows } = await db.query<{ state: RunState }>("select state from ledger.runs where id = $1", [runId]);
  if (rows[0] === undefined || !isActive(rows[0].state)) throw new RunStateError(`run ${runId} is closed`);
}

interface KnownRow {
  id: number;
  path: string;
  state: string;
  run_id: string;
  batches_total: number | null;
  kept_path: string | null;
}

async function readKnown(db: Queryable, dataset: DatasetName, deliveries: Buffer[]): Promise<Map<string, KnownRow>> {
  const { rows } = await db.query<KnownRow & { delivery: Buffer }>(
    `select delivery, id, path, state, run_id, batches_total, kept_path from ledger.files
     where dataset = $1 and delivery = any ($2) and state <> 'released'`,
    [dataset, deliveries],
  );
  return new Map(rows.map((row) => [row.delivery.toString("hex"), row]));
}

/** Adds to the count of a run's files that were delivered before. */
export async function countAlreadyLoaded(db: ExtractionRunClient, runId: string, files: number): Promise<void> {
  await db.query("update ledger.runs set already_loaded = already_loaded + $2 where id = $1", [runId, files]);
}

/** Makes a quarantined file that has come again the run's own, so that the run masks it as it does all that it quarantines. */
export async function adoptFile(db: ExtractionClient, runId: string, fileId: number): Promise<void> {
  await db.query("update ledger.files set run_id = $1 where id = $2 and state = 'quarantined'", [runId, fileId]);
}

/**
 * Lets deliveries be taken again that were quarantined as a whole, and resolves their records in quarantine. Nothing in the
 * quarantine folder is theirs from then on.
 */
export async function releaseQuarantined(db: ExtractionClient, fileIds: readonly number[]): Promise<void> {
  await db.query(
    `with released as (
       update ledger.files set state = 'released', kept_path = null
       where id = any ($1) and state = 'quarantined' returning id
     )
     update ledger.quarantine q set status = 'replayed', resolved_at = clock_timestamp()
     from released r
     where q.file_id = r.id and q.status = 'open' and q.line is null`,
    [fileIds],
  );
}

export interface UnreadableFile {
  readonly runId: string;
  readonly dataset: DatasetName;
  readonly fileId: number;
  /** Where the file is kept, relative to the quarantine folder. */
  readonly keptPath: string;
  readonly reason: "unreadable" | "unsupported_format";
  readonly message: string;
}

/** Quarantines a file as a whole. A record in quarantine names it, and the same content is not tried again. */
export async function quarantineFile(
  db: ExtractionClient,
  { runId, dataset, fileId, keptPath, reason, message }: UnreadableFile,
): Promise<void> {
  await db.query(
    `with put_aside as (
       update ledger.files set state = 'quarantined', kept_path = $4, path = $4, done_at = clock_timestamp()
       where id = $1 and state = 'open' returning id
     )
     insert into ledger.quarantine (dataset, reason, run_id, file_id, message)
     select $2, $6, $3, id, $5 from put_aside`,
    [fileId, dataset, runId, keptPath, message, reason],
  );
}
