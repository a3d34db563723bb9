import { join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import { SELECT_FILES } from "@lethe/datasets/erasure-requests/person-records";
import { type InputFormat, parseFileName } from "@lethe/input-files/input-format";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import { type OpenErasure, recordPlaces } from "@lethe/warehouse/erasures/erasure-work";
import {
  announceRewrite,
  lockPublication,
  processedLengths,
  recordRewrite,
} from "@lethe/warehouse/ledger/finish-files";
import { inTransaction } from "@lethe/warehouse/pool";
import type { LoaderContext } from "../context.js";
import { settledLength } from "../processed-length.js";
import { maskProcessedRecords, maskRawRecords, type OnMasked } from "./mask-record-text.js";
import { createPlaceTally, type PlaceTally } from "./place-tally.js";
import { discard, exists, putInPlace, writeRewritten } from "./rewrite-file.js";

/** A file that holds, or may hold, a person. */
export interface PersonFile {
  readonly place: "archived_data" | "processed_data" | "quarantined_data";
  readonly dataset: DatasetName;
  /** Below its place. */
  readonly path: string;
  readonly partition: Partition;
  readonly format: InputFormat;
}

/** The files that were looked through, and for which erasure. */
export interface ErasedFiles {
  ofErasure(erasureId: string): readonly PersonFile[];
}

/**
 * Masks people in the files that hold them, each file once for all of them. Which files those are the people's own rows
 * tell, so the cost grows with the people's files, not with all files.
 */
export async function erasePersonFiles(
  context: LoaderContext,
  erasures: readonly OpenErasure[],
  findSuppression: FindSuppression,
): Promise<ErasedFiles> {
  const byErasure = new Map<string, PersonFile[]>();
  const files = new Map<string, PersonFile>();
  for (const erasure of erasures) {
    const own = await filesOf(context, erasure.pseudonyms);
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

interface FileRow {
  id: number;
  dataset: DatasetName;
  path: string;
  state: string;
  keptPath: string | null;
  date: string;
  hour: number;
}

async function filesOf(context: LoaderContext, pseudonyms: readonly string[]): Promise<PersonFile[]> {
  const { rows } = await context.pool.query<FileRow>(SELECT_FILES, [pseudonyms]);
  const files = new Map<string, PersonFile>();
  for (const row of rows) {
    const partition = { date: row.date, hour: row.hour };
    const format = parseFileName(row.path.slice(row.path.lastIndexOf("/") + 1))?.format;
    if (format === undefined) continue;
    if (row.keptPath !== null) {
      const place = row.state === "quarantined" ? "quarantined_data" : "archived_data";
      files.set(`${place} ${row.keptPath}`, { place, dataset: row.dataset, path: row.keptPath, partition, format });
    }
    if (row.state === "quarantined") continue;
    const path = `${partitionPath(partition)}/${row.dataset}.json.gz`;
    const processed = { shape: "ndjson", gzip: true } as const;
    files.set(`processed_data ${path}`, {
      place: "processed_data",
      dataset: row.dataset,
      path,
      partition,
      format: processed,
    });
  }
  return [...files.values()];
}

export interface RawFile {
  readonly dataset: DatasetName;
  readonly format: InputFormat;
  /** Whether it is unreadable as a whole: then only what can be read of it is looked through, and kept. */
  readonly damaged: boolean;
}

/** Masks people in a raw file; a file that holds none of them stays as it is, to the inode. */
export async function eraseInRaw(
  context: LoaderContext,
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
  await beforeInPlace();
  await putInPlace(path, rewritten);
}

async function eraseInProcessed(
  context: LoaderContext,
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
    await beforeInPlace();
    // In a commit of its own, before the file changes: see settledLength.
    await announceRewrite(context.pool, file.dataset, file.partition, rewritten.bytes);
    await putInPlace(path, rewritten);
    await recordRewrite(client, file.dataset, file.partition, rewritten.bytes);
  });
}
