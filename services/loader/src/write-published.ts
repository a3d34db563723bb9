import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { constants, gzip, gzipSync } from "node:zlib";
import { StagedObjectError } from "@lethe/contracts/errors";
import { type BatchSummary, ofLoad, ofTransformation, STAGED } from "@lethe/contracts/staged-batch";
import type { BatchRef, Staging } from "@lethe/storage/staging";
import type { MergeReject } from "./merge-rejects.js";

const gzipInBackground = promisify(gzip);
// What is packed comes back in pieces of this size; zlib's own 16 KiB would make three times as many.
const OPTIONS = { level: constants.Z_BEST_SPEED, chunkSize: 64 * 1024 };
/**
 * Bytes up to which a gzip member is made on the spot, in a millisecond or two: handing it to another thread and back costs
 * half as much again.
 */
const SMALL = 256 * 1024;
/** The index has two 32-bit numbers a line: ordinal and length in bytes. */
const INDEX_ENTRY = 8;

export interface PublishedPart {
  readonly offset: number;
  readonly bytes: number;
}

/** What an attempt to load a batch has staged for `processed_data/`. */
export interface StagedOutput {
  /** The attempt, by which the ledger knows the object: see `ofLoad`. */
  readonly attempt: string;
  /** Where each segment's member lies. */
  readonly parts: readonly PublishedPart[];
}

/**
 * Writes what a batch adds to `processed_data/` to staging: for each segment one gzip member of its loaded records.
 * Members can be joined to a gzip file as they are (RFC 1952, section 2.2). The object has a name of its own, so that an attempt which is late
 * changes nothing of what another one has staged.
 */
export async function writePublished(
  staging: Staging,
  batch: BatchRef,
  summary: BatchSummary,
  rejects: readonly Pick<MergeReject, "ordinal">[],
): Promise<StagedOutput> {
  const lines = await staging.read(batch, ofTransformation(summary.transformation, STAGED.processed));
  const index = await staging.read(batch, ofTransformation(summary.transformation, STAGED.processedIndex));
  const rejected = new Set(rejects.map((reject) => reject.ordinal));
  const members: Buffer[] = [];
  const parts: PublishedPart[] = [];
  let offset = 0;
  let position = 0;
  let entry = 0;
  for (const segment of summary.segments) {
    const end = position + segment.processedBytes;
    const kept: Buffer[] = [];
    let keptFrom = position;
    // Loaded lines that follow each other stay one piece; only a rejected one makes a gap.
    for (; position < end; entry += INDEX_ENTRY) {
      if (entry + INDEX_ENTRY > index.length) throw new StagedObjectError(`${STAGED.processedIndex} is too short`);
      const length = index.readUInt32LE(entry + 4);
      if (rejected.has(index.readUInt32LE(entry))) {
        if (position > keptFrom) kept.push(lines.subarray(keptFrom, position));
        keptFrom = position + length;
      }
      position += length;
    }
    if (position > keptFrom) kept.push(lines.subarray(keptFrom, position));
    const member =
      kept.length === 0
        ? undefined
        : await compress(kept.length === 1 && kept[0] !== undefined ? kept[0] : Buffer.concat(kept));
    if (member !== undefined) members.push(member);
    parts.push({ offset, bytes: member?.length ?? 0 });
    offset += member?.length ?? 0;
  }
  if (position !== lines.length) throw new StagedObjectError(`${STAGED.processed} is not as long as it was`);
  const attempt = randomBytes(8).toString("hex");
  await staging.write(batch, ofLoad(attempt), members);
  return { attempt, parts };
}

async function compress(bytes: Buffer): Promise<Buffer> {
  return bytes.length <= SMALL ? gzipSync(bytes, OPTIONS) : gzipInBackground(bytes, OPTIONS);
}
