import type { BatchManifest, Segment } from "@lethe/contracts/staged-batch";
import type { Dataset } from "@lethe/datasets/dataset";
import {
  countStagedRejects,
  filesToRewrite,
  type NewRejects,
  quarantinedLines,
  removeKnownRejects,
  removeStaged,
  type StagedPlace,
} from "@lethe/warehouse/ledger/backfilled-lines";
import type { Client, Queryable } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";
import type { MergeReject } from "./merge-rejects.js";
import type { Part } from "./stage-part.js";

/** What is left of a backfill's staged records, and what it makes of those that are rejected. */
export interface BackfilledRecords {
  /** Returns, of what the merge rejects, what is to go into quarantine: what is there already has nowhere to go. */
  newRejects(rejects: readonly MergeReject[]): MergeReject[];
  /** Returns the records of a part that its processed files do not hold. */
  unpublished(part: Part, rejects: readonly MergeReject[]): readonly { readonly ordinal: number }[];
  /** Counts what has become of a segment's records. */
  count(part: Part, segment: Segment, rejects: readonly MergeReject[]): SegmentCounts;
  /** Counts a part's new rejects by reason. */
  rejectedByReason(part: Part, rejects: readonly MergeReject[]): Record<string, number>;
}

export interface SegmentCounts {
  /** Those that were tried: all but what stands in quarantine. */
  readonly records: number;
  readonly rejected: number;
  /** Those that were there already. */
  readonly there: number;
}

/**
 * Takes out of a backfill's staged records what the ledger says was never loaded. What stands in quarantine stays there, and so every
 * record has the fate that it had: of records with one id the winner is known. Duplicates are tried again, and leave no second entry: of
 * a version they say how long it lasted, and what one repeats may be of a file that the archive does not have.
 */
export async function leaveOutQuarantined(
  client: Client,
  { datasets }: Pick<LoaderContext, "datasets">,
  dataset: Dataset,
  parts: readonly Part[],
): Promise<BackfilledRecords> {
  const known = await knownPlaces(client, parts, dataset);
  const leftOut = known.filter(({ isLeftOut }) => isLeftOut);
  const removed = await removeStaged(client, dataset.stagingTables, leftOut);
  await removeKnownRejects(
    client,
    datasets.database.tables.find(({ registersSubjects }) => registersSubjects === true),
  );
  const staged = await countStagedRejects(client);
  const rewritten = await filesToRewrite(
    client,
    parts[0]?.batch.runId ?? "",
    parts.flatMap(({ manifest }) => manifest.segments.map(({ fileId }) => fileId)),
  );
  const newRejects = (rejects: readonly MergeReject[]) => rejects.filter(({ reason }) => !isThere(reason));
  return {
    newRejects,
    unpublished: (part, rejects) => [
      ...newRejects(rejects),
      ...known.filter(({ part: of, isPublished }) => of === part.part && !isPublished),
      ...ordinalsOutside(part.manifest, rewritten),
    ],
    count(part, segment, rejects) {
      const i = part.manifest.segments.indexOf(segment);
      const { records = 0, rejected = 0 } = part.summary.segments[i] ?? {};
      const tried = records - countIn(segment, ofPart(leftOut, part));
      const isOwn = isRejectOf(part, segment);
      const newOnes = staged.filter(isOwn).reduce((sum, reject) => sum + reject.records, 0);
      const rejectedNow = newOnes + countIn(segment, newRejects(rejects));
      const loaded = records - rejected - countIn(segment, ofPart(removed, part)) - countIn(segment, rejects);
      return { records: tried, rejected: rejectedNow, there: tried - rejectedNow - loaded };
    },
    rejectedByReason(part, rejects) {
      const counts: Record<string, number> = {};
      const add = (reason: string, records: number) => {
        counts[reason] = (counts[reason] ?? 0) + records;
      };
      for (const { batchId, reason, records } of staged) if (batchId === part.batch.batchId) add(reason, records);
      for (const { reason } of newRejects(rejects)) add(reason, 1);
      return counts;
    },
  };
}

/** Returns the places in a batch's lines whose records its processed files do not hold, for output that is made again. */
export async function unpublishedPlaces(
  db: Queryable,
  runId: string,
  dataset: Dataset,
  { manifest }: Pick<Part, "manifest">,
): Promise<readonly { readonly ordinal: number }[]> {
  const known = await knownPlaces(db, [{ part: 0, manifest }], dataset);
  const rewritten = await filesToRewrite(
    db,
    runId,
    manifest.segments.map(({ fileId }) => fileId),
  );
  return [...known.filter(({ isPublished }) => !isPublished), ...ordinalsOutside(manifest, rewritten)];
}

interface KnownPlace extends StagedPlace {
  readonly isLeftOut: boolean;
  readonly isPublished: boolean;
}

async function knownPlaces(
  db: Queryable,
  parts: readonly Pick<Part, "part" | "manifest">[],
  { registersSubjects }: Dataset,
): Promise<KnownPlace[]> {
  const own = parts.flatMap(({ part, manifest }) => manifest.segments.map((segment) => ({ part, segment })));
  // What a replay has loaded has a segment of its own, in which each record counts.
  const raw = own.filter(({ segment }) => segment.quarantineIds === undefined);
  const lines = await quarantinedLines(db, [...new Set(raw.map(({ segment }) => segment.fileId))]);
  const byFile = new Map<number, typeof raw>();
  for (const one of raw) byFile.set(one.segment.fileId, [...(byFile.get(one.segment.fileId) ?? []), one]);
  return lines.flatMap(({ fileId, line, isDuplicate, isErased }) =>
    (byFile.get(fileId) ?? []).flatMap(({ part, segment: { firstOrdinal, firstLine, lineCount } }) => {
      const index = line - firstLine;
      if (index < 0 || index >= lineCount) return [];
      const isLeftOut = !isErased && !isDuplicate;
      return [{ part, ordinal: firstOrdinal + index, isLeftOut, isPublished: isErased && !registersSubjects }];
    }),
  );
}

function ordinalsOutside(manifest: BatchManifest, files: ReadonlySet<number>): { readonly ordinal: number }[] {
  return manifest.segments
    .filter(({ fileId }) => !files.has(fileId))
    .flatMap(({ firstOrdinal, lineCount }) =>
      Array.from({ length: lineCount }, (_, i) => ({ ordinal: firstOrdinal + i })),
    );
}

function isThere(reason: string): boolean {
  return reason === "duplicate" || reason === "conflict";
}

function ofPart<P extends StagedPlace>(places: readonly P[], { part }: Part): P[] {
  return places.filter((place) => place.part === part);
}

function isRejectOf({ batch }: Part, { fileId, quarantineIds }: Segment) {
  return (reject: NewRejects) =>
    reject.batchId === batch.batchId && reject.fileId === fileId && reject.isReplayed === (quarantineIds !== undefined);
}

function countIn({ firstOrdinal, lineCount }: Segment, places: readonly { readonly ordinal: number }[]): number {
  const end = firstOrdinal + lineCount;
  return places.filter(({ ordinal }) => ordinal >= firstOrdinal && ordinal < end).length;
}
