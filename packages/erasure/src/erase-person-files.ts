import { join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { InputFormat } from "@lethe/input-files/input-format";
import { strategiesOf } from "@lethe/privacy/policy";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { PendingErasure } from "@lethe/warehouse/erasures/erasure-work";
import {
  announceRewrite,
  lockPublication,
  processedLengths,
  recordRewrite,
} from "@lethe/warehouse/ledger/finish-files";
import { inTransaction } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import { createErasureTallies, type ErasureTallies } from "./erasure-tallies.js";
import { maskProcessedRecords, maskRawRecords } from "./mask-record-text.js";
import { filesOf, type PersonFile } from "./person-files.js";
import { settledLength } from "./processed-length.js";
import { discard, exists, putInPlace, writeRewritten } from "./rewrite-file.js";
import { searchableBytes } from "./searchable-bytes.js";

/** The files that were looked through, and for which erasure. */
export interface ErasedFiles {
  ofErasure(erasureId: string): readonly PersonFile[];
}

/**
 * Masks people in the files that hold them, each file once for all of them. Which files those are the people's own rows
 * tell, so the cost grows with the people's files, not with all files. `open` are all erasures that are not completed:
 * those that have to wait have their people masked on the way, too.
 */
export async function erasePersonFiles(
  context: ErasureContext,
  erasures: readonly PendingErasure[],
  open: readonly PendingErasure[],
  findSuppression: FindSuppression,
): Promise<ErasedFiles> {
  const byErasure = new Map<string, PersonFile[]>();
  const files = new Map<string, PersonFile>();
  for (const erasure of erasures) {
    const own = await filesOf(context, erasure.pseudonyms, null);
    byErasure.set(erasure.id, own);
    for (const file of own) files.set(`${file.place} ${file.path}`, file);
  }
  for (const file of files.values()) {
    const tallies = createErasureTallies(context.pool, open, file.place, file.path);
    if (file.place === "processed_data") {
      await eraseInProcessed(context, file, findSuppression, tallies);
      continue;
    }
    const damaged = file.place === "quarantined_data";
    const path = join(damaged ? context.quarantined : context.archived, file.path);
    await eraseInRaw(context, path, { ...file, damaged }, findSuppression, tallies);
  }
  return { ofErasure: (id) => byErasure.get(id) ?? [] };
}

export interface RawFile {
  readonly dataset: DatasetName;
  readonly format: InputFormat;
  /** Whether it is unreadable as a whole: then only what can be read of it is looked through, and kept. */
  readonly damaged: boolean;
}

/**
 * Masks people in a raw file; a file that holds none of them stays as it is, to the inode. A damaged one that cannot be
 * searched to its end is cut where the search ends: what lies behind could be anybody's.
 */
export async function eraseInRaw(
  context: ErasureContext,
  path: string,
  file: RawFile,
  findSuppression: FindSuppression,
  tallies: ErasureTallies,
): Promise<void> {
  if (!(await exists(path))) return;
  const rewrite = maskRawRecords(
    context.datasets.get(file.dataset),
    strategiesOf(context.policy, file.dataset),
    findSuppression,
    tallies.onMasked,
  );
  const salvage = file.damaged ? await searchableBytes(path, file.format, context.maxUnpackRatio) : undefined;
  const isCut = salvage !== undefined && salvage !== Number.POSITIVE_INFINITY;
  const rewritten = await writeRewritten(path, file.format, rewrite, salvage === undefined ? {} : { salvage });
  if (tallies.masked() === 0 && !isCut) {
    await discard(rewritten);
    return;
  }
  context.onStep?.("file written");
  await tallies.record();
  context.onStep?.("file counted");
  await putInPlace(path, rewritten);
  context.onStep?.("file in place");
}

async function eraseInProcessed(
  context: ErasureContext,
  file: PersonFile,
  findSuppression: FindSuppression,
  tallies: ErasureTallies,
): Promise<void> {
  const path = join(context.processed, file.path);
  if (!(await exists(path))) return;
  await inTransaction(context.pool, async (client) => {
    await lockPublication(client, file.dataset);
    const [length] = await processedLengths(client, file.dataset, [file.partition]);
    const bytes = await settledLength(path, length);
    if (bytes === 0) return;
    const rewrite = maskProcessedRecords(
      context.datasets.get(file.dataset),
      strategiesOf(context.policy, file.dataset),
      findSuppression,
      tallies.onMasked,
    );
    const rewritten = await writeRewritten(path, file.format, rewrite, { firstBytes: bytes });
    if (tallies.masked() === 0) {
      await discard(rewritten);
      if (length?.nextBytes !== null) await recordRewrite(client, file.dataset, file.partition, bytes);
      return;
    }
    context.onStep?.("processed file written");
    await tallies.record();
    // In a commit of its own, before the file changes: see settledLength.
    await announceRewrite(context.pool, file.dataset, file.partition, rewritten.bytes);
    context.onStep?.("processed file announced");
    await putInPlace(path, rewritten);
    context.onStep?.("processed file in place");
    await recordRewrite(client, file.dataset, file.partition, rewritten.bytes);
  });
}
