import type { DatasetName } from "@lethe/contracts/datasets";
import {
  isInRange,
  type Partition,
  type PartitionRange,
  parsePartition,
  partitionPath,
} from "@lethe/contracts/partition";
import type { NoticeCode } from "@lethe/contracts/runs";
import { type InputFormat, parseFileName } from "@lethe/input-files/input-format";
import type { Entry, Storage } from "@lethe/storage/storage";

export interface LandedFile {
  /** Its key in landing. */
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
 * Looks through landing for a dataset's files in a range of partitions. Returns the first `maxFiles` of them, ordered
 * by partition and name, and the entries that are not input. Memory does not grow with the number of files in a
 * folder. Symbolic links are not followed: they could lead out of the folder.
 */
export async function scanLanding(storage: Storage, wanted: WantedFiles): Promise<Landing> {
  const { range, maxFiles } = wanted;
  const unexpected: UnexpectedEntry[] = [];
  let otherUnexpected = 0;
  const onUnexpected = (code: NoticeCode, path: string) => {
    if (unexpected.length < MOST_UNEXPECTED) unexpected.push({ code, path });
    else otherUnexpected += 1;
  };
  const files: LandedFile[] = [];
  let left = 0;
  const partitions = await listPartitions(storage, range, onUnexpected);
  for (let i = 0; i < partitions.length; i += FOLDERS_AT_ONCE) {
    const room = maxFiles - files.length;
    const some = partitions.slice(i, i + FOLDERS_AT_ONCE);
    for (const found of await Promise.all(some.map((one) => listFiles(storage, one, wanted, room, onUnexpected)))) {
      const taken = found.files.slice(0, maxFiles - files.length);
      files.push(...taken);
      left += found.left + found.files.length - taken.length;
    }
  }
  return { files, left, unexpected: unexpected.sort((a, b) => byText(a.path, b.path)), otherUnexpected };
}

const FOLDERS_AT_ONCE = 16;

type OnUnexpected = (code: NoticeCode, path: string) => void;

async function listPartitions(
  storage: Storage,
  range: PartitionRange,
  onUnexpected: OnUnexpected,
): Promise<Partition[]> {
  const dates: string[] = [];
  for await (const entry of storage.list("landing", "")) {
    // A day's folders are known to be wrong only together with an hour: `hour=00` stands in for one.
    if (entry.kind !== "folder") onUnexpected(codeOf(entry), entry.name);
    else if (parsePartition(entry.name, "hour=00") === undefined) onUnexpected("partition_invalid", entry.name);
    else dates.push(entry.name);
  }
  const partitions: Partition[] = [];
  for (const date of dates.sort()) {
    for await (const entry of storage.list("landing", date)) {
      const path = `${date}/${entry.name}`;
      const partition = parsePartition(date, entry.name);
      if (entry.kind !== "folder") onUnexpected(codeOf(entry), path);
      else if (partition === undefined) onUnexpected("partition_invalid", path);
      else if (isInRange(partition, range)) partitions.push(partition);
    }
  }
  return partitions.sort((a, b) => byText(partitionPath(a), partitionPath(b)));
}

/** Returns the first files of a partition by name, as many as there is room for, and the number of the others. */
async function listFiles(
  storage: Storage,
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
  for await (const entry of storage.list("landing", folder)) {
    const path = `${folder}/${entry.name}`;
    const named = parseFileName(entry.name, datasets);
    if (entry.kind !== "file" || named === undefined) onUnexpected(codeOf(entry), path);
    else if (named.dataset === dataset) files.push({ path, partition, format: named.format });
    // A folder's entries come in no order, so those that are too many are known only after some more.
    if (files.length > 2 * room + SPARE_FILES) keepFirst();
  }
  keepFirst();
  return { files, left };
}

const SPARE_FILES = 1_000;

function codeOf({ kind }: Entry): NoticeCode {
  return kind === "link" ? "path_refused" : "file_unknown";
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
