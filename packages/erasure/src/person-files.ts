import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import { type InputFormat, inputFormatOf } from "@lethe/input-files/input-format";
import { declaredTables } from "@lethe/warehouse/data-map";
import type { Queryable } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import { selectSourceFiles } from "./person-tables.js";

/** A file that holds, or may hold, a person. */
export interface PersonFile {
  readonly place: "archived_data" | "processed_data" | "quarantined_data";
  readonly dataset: DatasetName;
  /** Below its place. */
  readonly path: string;
  readonly partition: Partition;
  readonly format: InputFormat;
}

/**
 * Returns the files that may hold a person, known by ids or pseudonyms, and by email where it is still known. What was
 * loaded names its file in the warehouse, what was rejected in quarantine. Files that are unreadable as a whole can hold
 * anybody. `fileIds` are files that the person's rows named before they were unlinked.
 */
export async function filesOf(
  { pool, datasets }: Pick<ErasureContext, "pool" | "datasets">,
  ids: readonly string[],
  email: string | null,
  fileIds: readonly number[] = [],
): Promise<PersonFile[]> {
  const sources = selectSourceFiles(declaredTables(datasets.database));
  const { rows } = await pool.query<FileRow>(
    `with person_files as (${sources})
     ${SELECT_FILE} where id in (select file_id from person_files) or id = any ($3) or (state = 'quarantined' and kept_path is not null)
     order by id`,
    [ids, email, fileIds],
  );
  return toPersonFiles(rows);
}

/** Returns every file that Lethe keeps. */
export async function allFiles(db: Queryable): Promise<PersonFile[]> {
  const { rows } = await db.query<FileRow>(`${SELECT_FILE} where kept_path is not null order by id`);
  return toPersonFiles(rows);
}

const SELECT_FILE = `
  select id, dataset, path, state, kept_path as "keptPath", partition_date as date, partition_hour as hour
  from ledger.files`;

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
    const format = inputFormatOf(row.path);
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
