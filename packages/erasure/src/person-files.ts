import type { DatasetName } from "@lethe/contracts/datasets";
import { type Partition, partitionPath } from "@lethe/contracts/partition";
import { formatOfName, type InputFormat, inputFormatOf } from "@lethe/input-files/input-format";
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
  /** The ledger's numbers of the raw files that it is, or is made of. */
  readonly fileIds: readonly number[];
  /** Whether it is encrypted, because no erasure can search it. */
  readonly isSealed: boolean;
  /** Whether the ledger says that it is there. Otherwise it may be: it was, or is about to be. */
  readonly isExpected: boolean;
}

/**
 * Returns the files that may hold people, known by ids or pseudonyms, by an email where it is still known, and by the files
 * that their records came from. What was loaded names its file in the warehouse, what was rejected in quarantine. Files that
 * are unreadable as a whole can hold anybody.
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
     ${SELECT_FILE} where id in (select file_id from person_files) or id = any ($3)
                          or (state = 'quarantined' and kept_path is not null)
     order by id`,
    [ids, email, fileIds],
  );
  return toPersonFiles(rows);
}

/**
 * Returns every file that Lethe keeps. A processed file may hold people of whose raw files nothing is kept: their run ended
 * before they were loaded whole, or they were gone before they could be archived.
 */
export async function allFiles(db: Queryable): Promise<PersonFile[]> {
  const { rows } = await db.query<FileRow>(`${SELECT_FILE} order by id`);
  const published = await db.query<PublishedRow>(
    `select dataset, partition_date as date, partition_hour as hour, bytes > 0 as "isPublished"
     from ledger.processed_files order by dataset, partition_date, partition_hour`,
  );
  return toPersonFiles(rows, published.rows);
}

const SELECT_FILE = `
  select id, dataset, path, format, state, kept_path as "keptPath", partition_date as date, partition_hour as hour,
         exists (select from privacy.file_keys k where k.file_id = f.id) as "isSealed",
         exists (select from ledger.processed_files p
                 where (p.dataset, p.partition_date, p.partition_hour) = (f.dataset, f.partition_date, f.partition_hour)
                   and p.bytes > 0) as "isPublished"
  from ledger.files f`;

interface FileRow {
  id: number;
  dataset: DatasetName;
  path: string;
  format: string | null;
  state: string;
  keptPath: string | null;
  date: string;
  hour: number;
  isSealed: boolean;
  isPublished: boolean;
}

type PublishedRow = Pick<FileRow, "dataset" | "date" | "hour" | "isPublished">;

function toPersonFiles(rows: readonly FileRow[], published?: readonly PublishedRow[]): PersonFile[] {
  const files = new Map<string, PersonFile & { readonly fileIds: number[] }>();
  const add = (file: Omit<PersonFile, "fileIds">, ...fileIds: number[]) => {
    const key = `${file.place} ${file.path}`;
    const before = files.get(key);
    if (before === undefined) files.set(key, { ...file, fileIds });
    else before.fileIds.push(...fileIds);
  };
  for (const row of rows) {
    const { id, dataset, isSealed } = row;
    const partition = { date: row.date, hour: row.hour };
    const format = formatOfName(row.format) ?? inputFormatOf(row.path);
    const isQuarantined = row.state === "quarantined";
    if (row.keptPath !== null && format !== undefined) {
      const kept = { dataset, path: row.keptPath, partition, format, isSealed };
      if (!isQuarantined) add({ place: "archived_data", ...kept, isExpected: row.state === "done" }, id);
      // Content that was released to be taken again may have been quarantined before.
      if (row.state !== "done") add({ place: "quarantined_data", ...kept, isExpected: isQuarantined }, id);
    }
    // Whatever became of the file, its records may have been published before; all that was published is listed below.
    if (!isQuarantined && (row.keptPath !== null || published === undefined)) add(processedFile(row), id);
  }
  for (const row of published ?? []) add(processedFile(row));
  return [...files.values()];
}

function processedFile({ dataset, date, hour, isPublished }: PublishedRow): Omit<PersonFile, "fileIds"> {
  const partition = { date, hour };
  const path = `${partitionPath(partition)}/${dataset}.json.gz`;
  const format = { shape: "ndjson", gzip: true } as const;
  return { place: "processed_data", dataset, path, partition, format, isSealed: false, isExpected: isPublished };
}
