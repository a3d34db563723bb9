import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
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

export interface Oddity {
  readonly code: NoticeCode;
  readonly path: string;
}

/**
 * Looks through landing for a dataset's files in a range of partitions. Gives them ordered by partition and name, and
 * whatever lies there that is no input. Symbolic links are not followed: they could lead out of the folder.
 */
export async function scanLanding(
  root: string,
  dataset: DatasetName,
  range: PartitionRange,
): Promise<{ files: LandedFile[]; oddities: Oddity[] }> {
  const files: LandedFile[] = [];
  const oddities: Oddity[] = [];
  for (const date of await list(root, "")) {
    if (!isFolder(date, "", oddities)) continue;
    // A day's folders are known to be wrong only together with an hour: `hour=00` stands in for one.
    if (parsePartition(date.name, "hour=00") === undefined) {
      oddities.push({ code: "partition_invalid", path: date.name });
      continue;
    }
    for (const hour of await list(root, date.name)) {
      if (!isFolder(hour, date.name, oddities)) continue;
      const partition = parsePartition(date.name, hour.name);
      if (partition === undefined) {
        oddities.push({ code: "partition_invalid", path: `${date.name}/${hour.name}` });
      } else if (isInRange(partition, range)) {
        await scanPartition(root, partition, dataset, files, oddities);
      }
    }
  }
  return { files, oddities };
}

async function scanPartition(
  root: string,
  partition: Partition,
  dataset: DatasetName,
  files: LandedFile[],
  oddities: Oddity[],
): Promise<void> {
  const folder = partitionPath(partition);
  for (const entry of await list(root, folder)) {
    const path = `${folder}/${entry.name}`;
    const named = parseFileName(entry.name);
    if (entry.isSymbolicLink()) oddities.push({ code: "path_refused", path });
    else if (!entry.isFile() || named === undefined) oddities.push({ code: "file_unknown", path });
    else if (named.dataset === dataset) files.push({ path, partition, format: named.format });
  }
}

function isFolder(entry: Dirent, parent: string, oddities: Oddity[]): boolean {
  if (entry.isDirectory()) return true;
  const path = parent === "" ? entry.name : `${parent}/${entry.name}`;
  oddities.push({ code: entry.isSymbolicLink() ? "path_refused" : "file_unknown", path });
  return false;
}

async function list(root: string, folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    // Another run may have removed a folder that it emptied; a landing that does not exist yet is empty.
    if (hasSystemCode(error, "ENOENT")) return [];
    throw error;
  }
}
