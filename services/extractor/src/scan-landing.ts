import type { Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import {
  isInRange,
  type Partition,
  type PartitionRange,
  parsePartition,
  partitionPath,
} from "@lethe/contracts/partition";
import type { NoticeCode } from "@lethe/contracts/runs";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { type InputFormat, parseFileName } from "@lethe/input-files/input-format";

export interface LandedFile {
  /** Relative to landing. */
  readonly path: string;
  readonly partition: Partition;
  readonly format: InputFormat;
}

export interface UnexpectedEntry {
  readonly code: NoticeCode;
  readonly path: string;
}

export interface Landing {
  readonly files: readonly LandedFile[];
  /** Files behind those, which were not looked at. */
  readonly left: number;
  readonly unexpected: readonly UnexpectedEntry[];
  /** Further unexpected, which are not listed. */
  readonly otherUnexpected: number;
}

/** What a run takes from landing. */
export interface WantedFiles {
  readonly dataset: DatasetName;
  /** All datasets that there are: a file of another one is not unexpected. */
  readonly datasets: readonly DatasetName[];
  readonly range: PartitionRange;
  readonly maxFiles: number;
}

/** Unexpected entries that are listed: a folder full of something else should not fill the ledger. */
export const MOST_UNEXPECTED = 1_000;

/**
 * Looks through landing for a dataset's files in a range of partitions. Returns the first `maxFiles` of them ordered by
 * partition and name, and whatever lies there that is no input. Memory does not grow with the number of files in a folder.
 * Symbolic links are not followed: they could lead out of the folder.
 */
export async function scanLanding(root: string, wanted: WantedFiles): Promise<Landing> {
  const { range, maxFiles } = wanted;
  const unexpected: UnexpectedEntry[] = [];
  let otherUnexpected = 0;
  const onUnexpected = (code: NoticeCode, path: string) => {
    if (unexpected.length < MOST_UNEXPECTED) unexpected.push({ code, path });
    else otherUnexpected += 1;
  };
  const files: LandedFile[] = [];
  let left = 0;
  const partitions = await listPartitions(root, range, onUnexpected);
  for (let i = 0; i < partitions.length; i += FOLDERS_AT_ONCE) {
    const room = maxFiles - files.length;
    const some = partitions.slice(i, i + FOLDERS_AT_ONCE);
    for (const found of await Promise.all(some.map((one) => listFiles(root, one, wanted, room, onUnexpected)))) {
      const taken = found.files.slice(0, maxFiles - files.length);
      files.push(...taken);
      left += found.left + found.files.length - taken.length;
    }
  }
  return { files, left, unexpected: unexpected.sort((a, b) => byText(a.path, b.path)), otherUnexpected };
}

const FOLDERS_AT_ONCE = 16;

type OnUnexpected = (code: NoticeCode, path: string) => void;

async function listPartitions(root: string, range: PartitionRange, onUnexpected: OnUnexpected): Promise<Partition[]> {
  const dates: string[] = [];
  for await (const entry of entriesOf(root, "")) {
    // A day's folders are known to be wrong only together with an hour: `hour=00` stands in for one.
    if (!entry.isDirectory()) onUnexpected(codeOf(entry), entry.name);
    else if (parsePartition(entry.name, "hour=00") === undefined) onUnexpected("partition_invalid", entry.name);
    else dates.push(entry.name);
  }
  const partitions: Partition[] = [];
  for (const date of dates.sort()) {
    for await (const entry of entriesOf(root, date)) {
      const path = `${date}/${entry.name}`;
      const partition = parsePartition(date, entry.name);
      if (!entry.isDirectory()) onUnexpected(codeOf(entry), path);
      else if (partition === undefined) onUnexpected("partition_invalid", path);
      else if (isInRange(partition, range)) partitions.push(partition);
    }
  }
  return partitions.sort((a, b) => byText(partitionPath(a), partitionPath(b)));
}

/** Returns the first files of a partition by name, as many as there is room for, and the number of the others. */
async function listFiles(
  root: string,
  partition: Partition,
  { dataset, datasets }: WantedFiles,
  room: number,
  onUnexpected: OnUnexpected,
): Promise<{ files: readonly LandedFile[]; left: number }> {
  const folder = partitionPath(partition);
  let files: LandedFile[] = [];
  let left = 0;
  const keepFirst = () => {
    files.sort((a, b) => byText(a.path, b.path));
    left += Math.max(files.length - room, 0);
    files = files.slice(0, room);
  };
  for await (const entry of entriesOf(root, folder)) {
    const path = `${folder}/${entry.name}`;
    const named = parseFileName(entry.name, datasets);
    if (!entry.isFile() || named === undefined) onUnexpected(codeOf(entry), path);
    else if (named.dataset === dataset) files.push({ path, partition, format: named.format });
    // A folder's entries come in no order, so those that are too many are known only after some more.
    if (files.length > 2 * room + SPARE_FILES) keepFirst();
  }
  keepFirst();
  return { files, left };
}

const SPARE_FILES = 1_000;

function codeOf(entry: Dirent): NoticeCode {
  return entry.isSymbolicLink() ? "path_refused" : "file_unknown";
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}

async function* entriesOf(root: string, folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(join(root, folder));
  } catch (error) {
    // Another run may have removed a folder that it emptied; a landing that does not exist yet is empty.
    if (!hasSystemCode(error, "ENOENT")) throw error;
  }
}
