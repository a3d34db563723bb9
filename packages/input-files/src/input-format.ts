/** `json`: lines, one object, or an array; `ndjson`: lines; `csv`: a header and rows. */
export interface InputFormat {
  readonly shape: "json" | "ndjson" | "csv";
  readonly gzip: boolean;
}

/** Returns the format that the name or path of a dataset's file suggests. For a file that Lethe keeps, it has that format. */
export function inputFormatOf(path: string): InputFormat | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return formatOfEndings(name.split(".").slice(1));
}

const SHAPES: Readonly<Record<string, InputFormat["shape"]>> = {
  json: "json",
  ndjson: "ndjson",
  jsonl: "ndjson",
  jsonlines: "ndjson",
  ldjson: "ndjson",
  csv: "csv",
  tsv: "csv",
  tab: "csv",
  psv: "csv",
  txt: "json",
  text: "json",
  dat: "json",
  data: "json",
};

const GZIP: ReadonlySet<string> = new Set(["gz", "gzip", "tgz"]);

/** Other packings, and what Lethe does not read: the file is a dataset's all the same, and its content says what it is. */
const OTHERS: ReadonlySet<string> = new Set([
  ...["zst", "zstd", "bz2", "bz", "bzip2", "xz", "lzma", "lz4", "snappy", "br", "z"],
  ...["zip", "7z", "rar", "tar", "gpg", "pgp", "age", "enc"],
  ...["parquet", "avro", "orc", "xlsx", "xls", "xlsm", "xlsb", "ods", "xml", "yaml", "yml"],
]);

/** Reports whether a file's name may end in this, in lower case and without the dot. */
export function isEnding(text: string): boolean {
  return Object.hasOwn(SHAPES, text) || GZIP.has(text) || OTHERS.has(text);
}

/** Returns the format that a name's endings suggest; JSON where they suggest none. */
export function formatOfEndings(endings: readonly string[]): InputFormat {
  const known = endings.find((ending) => Object.hasOwn(SHAPES, ending));
  return { shape: SHAPES[known ?? "json"] ?? "json", gzip: endings.some((ending) => GZIP.has(ending)) };
}

/** Returns a format's name, by which the ledger knows it: `csv`, `json.gz`. */
export function nameOfFormat({ shape, gzip }: InputFormat): string {
  return gzip ? `${shape}.gz` : shape;
}

/** Reads a format from its name. Returns undefined for null and for what is no format's name. */
export function formatOfName(name: string | null): InputFormat | undefined {
  return name === null ? undefined : inputFormatOf(`file.${name}`);
}
