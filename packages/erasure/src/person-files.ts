import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import { SELECT_ALL_FILES, SELECT_FILES } from "@lethe/datasets/erasure-requests/person-records";
import { type InputFormat, parseFileName } from "@lethe/input-files/input-format";
import type { Queryable } from "@lethe/warehouse/pool";

/** A file that holds, or may hold, a person. */
export interface PersonFile {
  readonly place: "archived_data" | "processed_data" | "quarantined_data";
  readonly dataset: DatasetName;
  /** Below its place. */
  readonly path: string;
  readonly partition: Partition;
  readonly format: InputFormat;
}

/** Returns the files that may hold a person, known by ids or pseudonyms, and by email where it is still known. */
export async function filesOf(db: Queryable, ids: readonly string[], email: string | null): Promise<PersonFile[]> {
  const { rows } = await db.query<FileRow>(SELECT_FILES, [ids, email]);
  return toPersonFiles(rows);
}

/** Returns every file that Lethe keeps. */
export async function allFiles(db: Queryable): Promise<PersonFile[]> {
  const { rows } = await db.query<FileRow>(SELECT_ALL_FILES);
  return toPersonFiles(rows);
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

function toPersonFiles(rows: readonly FileRow[]): PersonFile[] {
  const files = new Map<string, PersonFile>();
  const add = (file: PersonFile) => files.set(`${file.place} ${file.path}`, file);
  for (const row of rows) {
    const { dataset } = row;
    const partition = { date: row.date, hour: row.hour };
    const format = parseFileName(row.path.slice(row.path.lastIndexOf("/") + 1))?.format;
    if (format === undefined) continue;
    const isQuarantined = row.state === "quarantined";
    if (row.keptPath !== null) {
      const place = isQuarantined ? "quarantined_data" : "archived_data";
      add({ place, dataset, path: row.keptPath, partition, format });
    }
    if (isQuarantined) continue;
    const path = `${partitionPath(partition)}/${dataset}.json.gz`;
    add({ place: "processed_data", dataset, path, partition, format: { shape: "ndjson", gzip: true } });
  }
  return [...files.values()];
}
