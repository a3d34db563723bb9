import type { DatasetName } from "@lethe/contracts/datasets";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { Rewrite } from "@lethe/input-files/rewrite";
import { firstBytes } from "@lethe/input-files/unpack-limit";
import { strategiesOf } from "@lethe/privacy/policy";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { Area, WrittenFile } from "@lethe/storage/storage";
import type { FindReplacement } from "@lethe/warehouse/erasures/erased-records";
import { recordPlacesOf } from "@lethe/warehouse/erasures/erasure-work";
import { recordReviewFindings } from "@lethe/warehouse/erasures/review-findings";
import {
  announceRewrite,
  lockPublication,
  markMasked,
  processedLengths,
  recordRewrite,
} from "@lethe/warehouse/ledger/finish-files";
import { inTransaction } from "@lethe/warehouse/pool";
import type { ErasureContext, HeldErasureContext } from "./context.js";
import { concernsAll, type FencedContext, inWriteTransaction, requireStillHeld } from "./fenced-writes.js";
import { findCleanProcessed } from "./find-clean-processed.js";
import { erasuresInGzipNames } from "./gzip-names.js";
import { COMPLETED } from "./listed-people.js";
import { maskProcessedRecords, maskRawRecords } from "./mask-record-text.js";
import { mayHoldPeople } from "./may-hold-people.js";
import type { PersonFile } from "./person-files.js";
import { settledLength } from "./processed-length.js";
import { rewriteFile } from "./rewrite-file.js";
import { rewriteFound } from "./rewrite-found.js";
import { AREAS } from "./scan-file.js";
import { countPlace, type PlaceCounts, type SearchRun } from "./search-run.js";
import { codeOf } from "./search-tables.js";
import { searchableBytes } from "./searchable-bytes.js";
import type { SearchedPeople } from "./searched-people.js";

/** Whom files are searched for, and how their records are masked. */
export interface FileSearch {
  readonly people: SearchedPeople;
  readonly findSuppression: FindSuppression;
  /** The ids that records of unlinked people have now. */
  readonly replacementOf: FindReplacement;
}

/**
 * Searches files for people, and masks them, each file once for all of them. A file that holds none of them stays as it is,
 * to the inode. A file that cannot be read or written holds up the erasures of those who are known to be in it; for all
 * others it counts as not searched. One that should be there and is not counts as missing: whoever removed it may have meant to.
 */
export async function erasePersonFiles(
  context: HeldErasureContext,
  files: readonly PersonFile[],
  search: FileSearch,
  run: SearchRun,
): Promise<void> {
  const clean = await findCleanProcessed(context, files, search.people);
  for (const file of files) {
    if (file.isSealed) continue;
    const counts = countPlace(file.place, file.path);
    try {
      const size: FileSize = clean.get(file) ?? (await eraseInFile(context, file, search, counts));
      const { records, bytes, isMissing = false } = size;
      await inWriteTransaction(context, (client) => recordReviewFindings(client, counts.reviews()));
      for (const { erasureId } of counts.masked()) run.found.add(erasureId);
      run.fail(counts.left(), "still_found", file.place, file.path);
      if (isMissing && file.isExpected) run.notSearched.missing += 1;
      else run.scan.files += 1;
      run.scan.records += records;
      run.scan.bytes += bytes;
    } catch (error) {
      if (concernsAll(error)) throw error;
      const owners = file.fileIds.flatMap((fileId) => search.people.ownersOfFile(fileId));
      const masked = counts.masked().map(({ erasureId }) => erasureId);
      run.fail([...owners, ...masked], codeOf(error), file.place, file.path);
      run.notSearched.files += 1;
    }
  }
}

async function eraseInFile(
  context: HeldErasureContext,
  file: PersonFile,
  search: FileSearch,
  counts: PlaceCounts,
): Promise<FileSize> {
  if (file.place === "processed_data") return eraseInProcessed(context, file, search, counts);
  const damaged = file.place === "quarantined_data";
  return eraseInRaw(context, { area: AREAS[file.place], key: file.path }, { ...file, damaged }, search, counts);
}

export interface FileLocation {
  readonly area: Area;
  readonly key: string;
}

export interface RawFile {
  readonly dataset: DatasetName;
  readonly format: InputFormat;
  /** Whether it is unreadable as a whole: then only what can be read of it is looked through, and kept. */
  readonly damaged: boolean;
  /** The ledger's numbers of it. */
  readonly fileIds: readonly number[];
}

/**
 * Masks people in a raw file. A damaged one that cannot be searched to its end is cut where the search ends: what lies behind
 * could be anybody's. `counts` has the place and the name under which the file is kept.
 */
export async function eraseInRaw(
  context: ErasureContext & FencedContext,
  { area, key }: FileLocation,
  file: RawFile,
  search: FileSearch,
  counts: PlaceCounts,
): Promise<FileSize> {
  const { storage } = context;
  const stored = await storage.open(area, key);
  if (stored === undefined) return NO_FILE;
  try {
    const salvage = file.damaged ? await searchableBytes(stored, file.format, context.maxUnpackRatio) : undefined;
    const isCut = salvage !== undefined && salvage !== Number.POSITIVE_INFINITY;
    const named = await erasuresInGzipNames(stored, file, search.people);
    // What is written has headers of its own.
    for (const erasureId of named) counts.onMasked(erasureId, 1);
    const isSuspect = isCut || file.damaged || named.length > 0 || search.people.mayHoldCorrected(file.fileIds);
    if (!isSuspect) {
      const looked = await mayHoldPeople(stored.bytes(), file.format, search.people);
      if (!looked.mayHold) return looked;
    }
    const dataset = context.datasets.get(file.dataset);
    const masking = { ...search, strategies: strategiesOf(context.policy, file.dataset) };
    const mask = maskRawRecords(dataset, masking, search.findSuppression, ignore);
    const { rewrite, size } = counted(rewriteFound(dataset, mask, search.people, counts), counts);
    const content = rewriteFile(stored.bytes(), file.format, rewrite, salvage);
    const rewritten = await storage.write(area, key, content, { replaces: stored });
    if (!counts.isChanged() && !isCut) {
      await rewritten.discard();
      return size();
    }
    context.onStep?.("file written");
    await inWriteTransaction(context, async (client) => {
      await recordPlacesOf(client, counts.place, counts.name, ofErasures(counts));
      await markMasked(client, file.fileIds);
    });
    context.onStep?.("file counted");
    await commitIfHeld(context, rewritten);
    context.onStep?.("file in place");
    return size();
  } finally {
    await stored.close();
  }
}

async function eraseInProcessed(
  context: HeldErasureContext,
  file: PersonFile,
  search: FileSearch,
  counts: PlaceCounts,
): Promise<FileSize> {
  const { storage } = context;
  if ((await storage.size("processed", file.path)) === undefined) return NO_FILE;
  return inTransaction(context.pool, async (client) => {
    await lockPublication(client, file.dataset);
    const [length] = await processedLengths(client, file.dataset, [file.partition]);
    const bytes = await settledLength(storage, file.path, length);
    const stored = bytes === 0 ? undefined : await storage.open("processed", file.path);
    if (stored === undefined) return NO_FILE;
    try {
      const settle = async () => {
        if (length?.nextBytes !== null) await recordRewrite(client, file.dataset, file.partition, bytes);
      };
      const looked = await mayHoldPeople(firstBytes(stored.bytes(), bytes), file.format, search.people);
      if (!looked.mayHold) {
        await settle();
        return looked;
      }
      const dataset = context.datasets.get(file.dataset);
      const masking = { ...search, strategies: strategiesOf(context.policy, file.dataset) };
      const mask = maskProcessedRecords(dataset, masking, search.findSuppression, ignore);
      const { rewrite, size } = counted(rewriteFound(dataset, mask, search.people, counts), counts);
      const content = rewriteFile(firstBytes(stored.bytes(), bytes), file.format, rewrite, undefined);
      const rewritten = await storage.write("processed", file.path, content, { replaces: stored });
      if (!counts.isChanged()) {
        await rewritten.discard();
        await settle();
        return size();
      }
      context.onStep?.("processed file written");
      // In a commit of its own, before the file changes: see settledLength.
      await inWriteTransaction(context, async (other) => {
        await recordPlacesOf(other, counts.place, counts.name, ofErasures(counts));
        await announceRewrite(other, file.dataset, file.partition, rewritten.bytes);
      });
      context.onStep?.("processed file announced");
      // On a connection that was lost, and with it the publication's lock, this fails.
      await client.query("select");
      await commitIfHeld(context, rewritten);
      context.onStep?.("processed file in place");
      await recordRewrite(client, file.dataset, file.partition, rewritten.bytes);
      return size();
    } finally {
      await stored.close();
    }
  });
}

/** Puts a rewritten file in place, unless the erasures are another's now: of the two, the other's knows more people. */
async function commitIfHeld(context: FencedContext, rewritten: WrittenFile): Promise<void> {
  try {
    await requireStillHeld(context);
  } catch (error) {
    await rewritten.discard();
    throw error;
  }
  await rewritten.commit();
}

/** What was read of a file: bytes are those unpacked. */
export interface FileSize {
  readonly records: number;
  readonly bytes: number;
  /** True where there was no file. */
  readonly isMissing?: boolean;
}

const NO_FILE: FileSize = { records: 0, bytes: 0, isMissing: true };

const ignore = () => undefined;

/** What is masked of people whose erasure is completed, or in nobody's name, is on no receipt. */
function ofErasures(counts: PlaceCounts) {
  return counts.masked().filter(({ erasureId }) => erasureId !== COMPLETED);
}

/** Counts the records that a rewriting is given. */
function counted(inner: Rewrite, counts: PlaceCounts): { readonly rewrite: Rewrite; size(): FileSize } {
  let records = 0;
  let bytes = 0;
  const next = (length: number) => {
    records += 1;
    bytes += length;
    counts.at(records);
  };
  return {
    rewrite: {
      // It is no record, and whatever is found there is reported as of the line above the first one.
      header: (names) => inner.header?.(names),
      json(text) {
        next(Buffer.byteLength(text));
        return inner.json(text);
      },
      csv(row) {
        next(Object.values(row).reduce((sum, field) => sum + field.length + 1, 0));
        return inner.csv(row);
      },
    },
    size: () => ({ records, bytes }),
  };
}
