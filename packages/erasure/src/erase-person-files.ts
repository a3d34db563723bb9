import type { DatasetName } from "@lethe/contracts/datasets";
import type { InputFormat } from "@lethe/input-files/input-format";
import { firstBytes } from "@lethe/input-files/unpack-limit";
import { strategiesOf } from "@lethe/privacy/policy";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { Area } from "@lethe/storage/storage";
import { readReplacements } from "@lethe/warehouse/erasures/erased-records";
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
import { rewriteFile } from "./rewrite-file.js";
import { AREAS } from "./scan-file.js";
import { searchableBytes } from "./searchable-bytes.js";
import { readSubjectValues } from "./subject-values.js";

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
  const values = await readSubjectValues(
    context.pool,
    context.ring,
    erasures.map(({ id }) => id),
  );
  for (const erasure of erasures) {
    const own = await filesOf(context, erasure.pseudonyms, null, values.get(erasure.id)?.fileIds);
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
    const location = { area: AREAS[file.place], key: file.path };
    await eraseInRaw(context, location, { ...file, damaged }, findSuppression, tallies);
  }
  return { ofErasure: (id) => byErasure.get(id) ?? [] };
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
}

/**
 * Masks people in a raw file; a file that holds none of them stays as it is, to the inode. A damaged one that cannot be
 * searched to its end is cut where the search ends: what lies behind could be anybody's.
 */
export async function eraseInRaw(
  context: ErasureContext,
  { area, key }: FileLocation,
  file: RawFile,
  findSuppression: FindSuppression,
  tallies: ErasureTallies,
): Promise<void> {
  const { storage } = context;
  const stored = await storage.open(area, key);
  if (stored === undefined) return;
  const rewrite = maskRawRecords(
    context.datasets.get(file.dataset),
    {
      strategies: strategiesOf(context.policy, file.dataset),
      replacementOf: await readReplacements(context.pool),
    },
    findSuppression,
    tallies.onMasked,
  );
  try {
    const salvage = file.damaged ? await searchableBytes(stored, file.format, context.maxUnpackRatio) : undefined;
    const isCut = salvage !== undefined && salvage !== Number.POSITIVE_INFINITY;
    const rewritten = await storage.write(area, key, rewriteFile(stored.bytes(), file.format, rewrite, salvage));
    if (tallies.masked() === 0 && !isCut) {
      await rewritten.discard();
      return;
    }
    context.onStep?.("file written");
    await tallies.record();
    context.onStep?.("file counted");
    await rewritten.commit();
    context.onStep?.("file in place");
  } finally {
    await stored.close();
  }
}

async function eraseInProcessed(
  context: ErasureContext,
  file: PersonFile,
  findSuppression: FindSuppression,
  tallies: ErasureTallies,
): Promise<void> {
  const { storage } = context;
  if ((await storage.size("processed", file.path)) === undefined) return;
  await inTransaction(context.pool, async (client) => {
    await lockPublication(client, file.dataset);
    const [length] = await processedLengths(client, file.dataset, [file.partition]);
    const bytes = await settledLength(storage, file.path, length);
    const stored = bytes === 0 ? undefined : await storage.open("processed", file.path);
    if (stored === undefined) return;
    try {
      const rewrite = maskProcessedRecords(
        context.datasets.get(file.dataset),
        {
          strategies: strategiesOf(context.policy, file.dataset),
          replacementOf: await readReplacements(context.pool),
        },
        findSuppression,
        tallies.onMasked,
      );
      const content = rewriteFile(firstBytes(stored.bytes(), bytes), file.format, rewrite, undefined);
      const rewritten = await storage.write("processed", file.path, content);
      if (tallies.masked() === 0) {
        await rewritten.discard();
        if (length?.nextBytes !== null) await recordRewrite(client, file.dataset, file.partition, bytes);
        return;
      }
      context.onStep?.("processed file written");
      await tallies.record();
      // In a commit of its own, before the file changes: see settledLength.
      await announceRewrite(context.pool, file.dataset, file.partition, rewritten.bytes);
      context.onStep?.("processed file announced");
      await rewritten.commit();
      context.onStep?.("processed file in place");
      await recordRewrite(client, file.dataset, file.partition, rewritten.bytes);
    } finally {
      await stored.close();
    }
  });
}
