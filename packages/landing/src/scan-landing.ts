import type { DatasetName } from "@lethe/contracts/datasets";
import { isClutter } from "@lethe/contracts/landing-clutter";
import { isInRange, type Partition, type PartitionRange, partitionPath } from "@lethe/contracts/partition";
import type { NoticeCode } from "@lethe/contracts/runs";
import { systemCode } from "@lethe/contracts/system-error";
import { type NamedFile, readFileNames } from "@lethe/input-files/file-name";
import { enterFolder, type FolderPlace } from "@lethe/input-files/folder-name";
import type { InputFormat } from "@lethe/input-files/input-format";
import type { Storage, WholeEntry } from "@lethe/storage/storage";
import { walk } from "./walk.js";

export interface LandedFile {
  /** Its key in landing, as its sender spells it. */
  readonly path: string;
  readonly partition: Partition;
  /** What the name suggests. The content decides. */
  readonly namedFormat: InputFormat;
}

export interface UnexpectedEntry {
  readonly code: NoticeCode;
  readonly path: string;
  readonly detail?: string;
}

export interface Landing {
  readonly files: readonly LandedFile[];
  /** Files behind those, which were not looked at. */
  readonly left: number;
  readonly unexpected: readonly UnexpectedEntry[];
  /** Further unexpected, which are not listed. */
  readonly otherUnexpected: number;
  /** Folders in which nothing is at all. */
  readonly emptyFolders: readonly string[];
}

/** What a run takes from landing. */
export interface WantedFiles {
  readonly dataset: DatasetName;
  /** All datasets that there are: a file of another one is not unexpected. */
  readonly datasets: readonly DatasetName[];
  readonly range: PartitionRange;
  readonly maxFiles: number;
  /** Unexpected entries that are listed; the others are counted. */
  readonly maxUnexpected: number;
}

/**
 * Looks through landing for a dataset's files in a range of partitions. Returns the first `maxFiles` of them, ordered
 * by partition and name, and what is no input of any dataset: every such file, and what could not be read. Symbolic links
 * are not followed: they could lead out of the folder.
 */
export async function scanLanding(storage: Storage, wanted: WantedFiles): Promise<Landing> {
  const found = collect(wanted);
  const read = createReader(wanted, found);
  const landing: Folder = { key: "", place: {}, depth: 0 };
  await walk(landing, FOLDERS_AT_ONCE, async (folder, enter) => {
    let entries: readonly WholeEntry[];
    try {
      entries = await storage.listWhole("landing", folder.key);
    } catch (error) {
      const code = systemCode(error);
      // Without landing itself, or without memory or descriptors, there is no run.
      if (folder.key === "" || code === undefined || OF_THE_PROCESS.has(code)) throw error;
      return found.unexpected({ code: "folder_unreadable", path: folder.key, detail: `The system says ${code}.` });
    }
    if (entries.length === 0 && folder.key !== "") found.emptyFolder(folder.key);
    for (const entry of entries) {
      const inside = read(folder, entry);
      if (inside !== undefined) enter(inside);
    }
  });
  return found.landing();
}

/** Each costs a call to the system, which a thread waits for; more than this gains nothing, on a network file system either. */
const FOLDERS_AT_ONCE = 32;

/** Errors that are the process's or the machine's, not one folder's. */
const OF_THE_PROCESS: ReadonlySet<string> = new Set(["EMFILE", "ENFILE", "ENOMEM", "EAGAIN"]);

/** Deeper folders are named, not entered: partition, dataset and what a program puts between take a few levels. */
const MOST_DEPTH = 16;

interface Folder {
  readonly key: string;
  /** Undefined below a folder whose name says nothing: its files are listed, none is taken. */
  readonly place: FolderPlace | undefined;
  readonly depth: number;
}

/** Returns a function that takes note of an entry of a folder, and returns the folder that is to be entered, if it is one. */
function createReader({ dataset, datasets, range }: WantedFiles, found: Found) {
  const names = readFileNames(datasets);
  // The same few names come in every partition.
  const isPassedOver = remembered(isClutter);
  const datasetOf = remembered(names.folder);
  const parsers = new Map<DatasetName | undefined, (name: string) => NamedFile | undefined>();
  const parserIn = (folderDataset: DatasetName | undefined) => {
    const parse = parsers.get(folderDataset) ?? remembered((name) => names.parse(name, folderDataset));
    parsers.set(folderDataset, parse);
    return parse;
  };
  return (folder: Folder, { name, kind }: WholeEntry): Folder | undefined => {
    if (isPassedOver(name)) return undefined;
    const path = folder.key === "" ? name : `${folder.key}/${name}`;
    const refuse = (code: NoticeCode) => {
      found.unexpected({ code, path });
      return undefined;
    };
    if (kind === "illegible") return refuse("name_illegible");
    if (kind === "link") return refuse("path_refused");
    if (kind === "folder") {
      if (folder.depth >= MOST_DEPTH) return refuse("partition_invalid");
      const place = folder.place && enterFolder(folder.place, name, datasetOf);
      return mayHold(place, range) ? { key: path, place, depth: folder.depth + 1 } : undefined;
    }
    if (folder.place === undefined) return refuse("partition_invalid");
    const file = kind === "file" ? parserIn(folder.place.dataset)(name) : undefined;
    if (file === undefined) return refuse("file_unknown");
    const partition = partitionOf(folder.place) ?? file.partition;
    if (partition === undefined) return refuse("partition_invalid");
    if (file.dataset === dataset && isInRange(partition, range)) {
      found.file({ path, partition, namedFormat: file.namedFormat });
    }
    return undefined;
  };
}

/** Returns a function that reads from a file's key in landing what a scan reads; undefined where the key is of no input. */
export function createKeyReader(datasets: readonly DatasetName[]): (path: string) => LandedFile | undefined {
  const names = readFileNames(datasets);
  return (path) => {
    const folders = path.split("/");
    const name = folders.pop() ?? "";
    let place: FolderPlace | undefined = {};
    for (const folder of folders) place = place && enterFolder(place, folder, names.folder);
    const file = place && names.parse(name, place.dataset);
    const partition = (place && partitionOf(place)) ?? file?.partition;
    return file && partition && { path, partition, namedFormat: file.namedFormat };
  };
}

/** A dataset's file at day level is of the day's first hour. */
function partitionOf({ date, hour }: FolderPlace): Partition | undefined {
  return date === undefined ? undefined : { date, hour: hour ?? 0 };
}

/** Reports whether anything in a folder may be of a range. */
function mayHold(place: FolderPlace | undefined, range: PartitionRange): boolean {
  if (place?.date === undefined) return true;
  const { date, hour } = place;
  if (hour !== undefined) return isInRange({ date, hour }, range);
  return date >= (range.from?.date ?? date) && date <= (range.to?.date ?? date);
}

const MOST_REMEMBERED = 10_000;

/** Returns the same function with a memory. */
function remembered<T>(read: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined || known.has(name)) return before as T;
    if (known.size >= MOST_REMEMBERED) known.clear();
    const result = read(name);
    known.set(name, result);
    return result;
  };
}

interface Found {
  file(file: LandedFile): void;
  unexpected(entry: UnexpectedEntry): void;
  emptyFolder(key: string): void;
  landing(): Landing;
}

/** Keeps the first files by partition and name, and so many unexpected entries. */
function collect({ maxFiles, maxUnexpected }: WantedFiles): Found {
  let files: (LandedFile & { readonly order: string })[] = [];
  let left = 0;
  const unexpected: UnexpectedEntry[] = [];
  let otherUnexpected = 0;
  const emptyFolders: string[] = [];
  const keepFirst = () => {
    files.sort((a, b) => byText(a.order, b.order));
    left += Math.max(files.length - maxFiles, 0);
    files = files.slice(0, maxFiles);
  };
  return {
    file(file) {
      files.push({ ...file, order: placeOf(file) });
      // Files come in no order, so those that are too many are known only after some more.
      if (files.length > 2 * maxFiles + SPARE_FILES) keepFirst();
    },
    unexpected(entry) {
      if (unexpected.length < maxUnexpected) unexpected.push(entry);
      else otherUnexpected += 1;
    },
    emptyFolder: (key) => void emptyFolders.push(key),
    landing() {
      keepFirst();
      return {
        files: files.map(({ path, partition, namedFormat }) => ({ path, partition, namedFormat })),
        left,
        unexpected: unexpected.sort((a, b) => byText(a.path, b.path)),
        otherUnexpected,
        emptyFolders,
      };
    },
  };
}

const SPARE_FILES = 1_000;

/** Returns a text by which files are ordered: by partition, then by name. */
export function placeOf({ partition, path }: Pick<LandedFile, "partition" | "path">): string {
  return `${partitionPath(partition)}/${path}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
