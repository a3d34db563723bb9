import { join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import { type OpenErasure, recordPlaces } from "@lethe/warehouse/erasures/erasure-work";
import {
  announceRewrite,
  lockPublication,
  processedLengths,
  recordRewrite,
} from "@lethe/warehouse/ledger/finish-files";
import { inTransaction } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import { maskProcessedRecords, maskRawRecords, type OnMasked } from "./mask-record-text.js";
import { filesOf, type PersonFile } from "./person-files.js";
import { createPlaceTally, type PlaceTally } from "./place-tally.js";
import { settledLength } from "./processed-length.js";
import { discard, exists, putInPlace, writeRewritten } from "./rewrite-file.js";

/** The files that were looked through, and for which erasure. */
export interface ErasedFiles {
  ofErasure(erasureId: string): readonly PersonFile[];
}

/**
 * Masks people in the files that hold them, each file once for all of them. Which files those are the people's own rows
 * tell, so the cost grows with the people's files, not with all files.
 */
export async function erasePersonFiles(
  context: ErasureContext,
  erasures: readonly OpenErasure[],
  findSuppression: FindSuppression,
): Promise<ErasedFiles> {
  const byErasure = new Map<string, PersonFile[]>();
  const files = new Map<string, PersonFile>();
  for (const erasure of erasures) {
    const own = await filesOf(context.pool, erasure.pseudonyms, null);
    byErasure.set(erasure.id, own);
    for (const file of own) files.set(`${file.place} ${file.path}`, file);
  }
  const erasureOf = new Map(erasures.flatMap(({ id, pseudonyms }) => pseudonyms.map((alias) => [alias, id] as const)));
  for (const file of files.values()) {
    const tallies = new Map<string, PlaceTally>();
    const onMasked: OnMasked = (alias, values) => {
      // A record that names its person by email alone is counted for the one erasure that is at work, if it is one.
      const id =
        (alias === null ? undefined : erasureOf.get(alias)) ?? (erasures.length === 1 ? erasures[0]?.id : undefined);
      if (id === undefined) return;
      const tally = tallies.get(id) ?? createPlaceTally();
      tallies.set(id, tally);
      tally.add(file.place, values, file.path);
    };
    const record = async () => {
      for (const [id, tally] of tallies) await recordPlaces(context.pool, id, tally.places());
    };
    if (file.place === "processed_data") {
      await eraseInProcessed(context, file, findSuppression, onMasked, record);
      continue;
    }
    const damaged = file.place === "quarantined_data";
    const path = join(damaged ? context.quarantined : context.archived, file.path);
    await eraseInRaw(context, path, { ...file, damaged }, findSuppression, onMasked, record);
  }
  return { ofErasure: (id) => byErasure.get(id) ?? [] };
}

export interface RawFile {
  readonly dataset: DatasetName;
  readonly format: InputFormat;
  /** Whether it is unreadable as a whole: then only what can be read of it is looked through, and kept. */
  readonly damaged: boolean;
}

/** Masks people in a raw file; a file that holds none of them stays as it is, to the inode. */
export async function eraseInRaw(
  context: ErasureContext,
  path: string,
  file: RawFile,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
  beforeInPlace: () => Promise<void>,
): Promise<void> {
  if (!(await exists(path))) return;
  let masked = 0;
  const rewrite = maskRawRecords(
    context.datasets[file.dataset],
    context.policy.datasets[file.dataset],
    findSuppression,
    (alias, values) => {
      masked += 1;
      onMasked(alias, values);
    },
  );
  const rewritten = await writeRewritten(path, file.format, rewrite, { damaged: file.damaged });
  if (masked === 0) {
    await discard(rewritten);
    return;
  }
  context.onStep?.("file written");
  await beforeInPlace();
  context.onStep?.("file counted");
  await putInPlace(path, rewritten);
  context.onStep?.("file in place");
}

async function eraseInProcessed(
  context: ErasureContext,
  file: PersonFile,
  findSuppression: FindSuppression,
  onMasked: OnMasked,
  beforeInPlace: () => Promise<void>,
): Promise<void> {
  const path = join(context.processed, file.path);
  if (!(await exists(path))) return;
  await inTransaction(context.pool, async (client) => {
    await lockPublication(client, file.dataset);
    const [length] = await processedLengths(client, file.dataset, [file.partition]);
    const bytes = await settledLength(path, length);
    if (bytes === 0) return;
    let masked = 0;
    const rewrite = maskProcessedRecords(
      context.datasets[file.dataset],
      context.policy.datasets[file.dataset],
      findSuppression,
      (alias, values) => {
        masked += 1;
        onMasked(alias, values);
      },
    );
    const rewritten = await writeRewritten(path, file.format, rewrite, { firstBytes: bytes });
    if (masked === 0) {
      await discard(rewritten);
      if (length?.nextBytes !== null) await recordRewrite(client, file.dataset, file.partition, bytes);
      return;
    }
    context.onStep?.("processed file written");
    await beforeInPlace();
    // In a commit of its own, before the file changes: see settledLength.
    await announceRewrite(context.pool, file.dataset, file.partition, rewritten.bytes);
    context.onStep?.("processed file announced");
    await putInPlace(path, rewritten);
    context.onStep?.("processed file in place");
    await recordRewrite(client, file.dataset, file.partition, rewritten.bytes);
  });
}
