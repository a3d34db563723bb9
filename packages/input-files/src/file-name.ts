import type { DatasetName } from "@lethe/contracts/datasets";
import { isCalendarDate, type Partition } from "@lethe/contracts/partition";
import { formatOfEndings, type InputFormat, isEnding } from "./input-format.js";
import { plainName } from "./plain-name.js";

export interface NamedFile {
  readonly dataset: DatasetName;
  /** What the name suggests. The content decides. */
  readonly namedFormat: InputFormat;
  /** The partition that the name itself says, for a file in no folder of a date: `customers-2022-01-31.json`. */
  readonly partition: Partition | undefined;
}

export interface FileNames {
  /**
   * Returns what a file's name says: `customers.json`, or nearly that. `Customers.JSONL`, `erasure_requests.csv.gz`,
   * `customers-2022-01-31 (1).json` and `customer.json.1` are understood, and with a dot before it any tag
   * (`customers.north.json`). In a dataset's own folder a name of numbers and words like "part" suffices. Returns undefined
   * for a name of no dataset, of two, or with words that could mean something else (`customers_deleted.json`).
   */
  parse(name: string, folderDataset?: DatasetName): NamedFile | undefined;
  /** Returns the dataset that a folder is named after, with or without endings (`customers`, `Customers.json`). */
  folder(name: string): DatasetName | undefined;
}

/** Creates the reader of the names of these datasets' files. */
export function readFileNames(datasets: readonly DatasetName[]): FileNames {
  const known = datasets.map((dataset) => ({ dataset, pattern: patternOf(dataset) }));

  /** Returns the dataset that a text names, and the text without that name. */
  const findDataset = (text: string): { dataset: DatasetName | undefined; rest: string } | undefined => {
    const places = known.flatMap(({ dataset, pattern }) =>
      [...text.matchAll(pattern)].map((match) => ({ dataset, start: match.index, end: match.index + match[0].length })),
    );
    // `returns` within `returns-lines` is no name of its own.
    const [place, second] = places.filter((one) => !places.some((other) => isWithin(one, other)));
    if (second !== undefined) return undefined;
    if (place === undefined) return { dataset: undefined, rest: text };
    return { dataset: place.dataset, rest: `${text.slice(0, place.start)} ${text.slice(place.end)}` };
  };

  return {
    parse(name, folderDataset) {
      const text = plainName(name).replace(/\s*\(\d{1,4}\)$/, "");
      const found = findDataset(text);
      const dataset = found?.dataset ?? folderDataset;
      if (found === undefined || dataset === undefined) return undefined;
      if (folderDataset !== undefined && dataset !== folderDataset) return undefined;
      const [head = "", ...parts] = found.rest.split(".");
      if (!hasOnlyNeutralWords(head)) return undefined;
      const endings = endingsOf(parts, found.dataset !== undefined);
      if (endings === undefined) return undefined;
      return { dataset, namedFormat: formatOfEndings(endings), partition: partitionIn(found.rest) };
    },
    folder(name) {
      const found = findDataset(plainName(name));
      const [head = "", ...parts] = found?.rest.split(".") ?? [];
      return head.trim() === "" && parts.every(isEnding) ? found?.dataset : undefined;
    },
  };
}

/** Between the words of a dataset's name may be anything that separates words, or nothing; its last word may be singular. */
function patternOf(dataset: DatasetName): RegExp {
  const words = dataset.split("-").join("[-_ +]*").replace(/s$/, "s?");
  return new RegExp(`(?<![\\p{L}\\p{M}])${words}(?![\\p{L}\\p{M}])`, "gu");
}

interface Place {
  readonly start: number;
  readonly end: number;
}

function isWithin(one: Place, other: Place): boolean {
  return one !== other && other.start <= one.start && one.end <= other.end;
}

/**
 * Returns the endings among the parts behind a name's first dot; undefined if there is a part that means something else.
 * Right behind the dataset's name a tag may stand that tells its files apart, if an ending follows.
 */
function endingsOf(parts: readonly string[], mayBeTagged: boolean): string[] | undefined {
  const endings: string[] = [];
  for (const [i, part] of parts.entries()) {
    if (isEnding(part)) endings.push(part);
    else if (NUMBERS.test(part)) continue;
    else if (!(i === 0 && mayBeTagged && TAG.test(part) && parts.slice(1).some(isEnding))) return undefined;
  }
  return endings;
}

const TAG = /^[a-z0-9_-]{1,64}$/;
const NUMBERS = /^[\d_-]{1,64}$/;

function hasOnlyNeutralWords(head: string): boolean {
  return head
    .replace(UUID, " ")
    .replace(DATE, " ")
    .split(/[-_ +=()[\]]+/)
    .every((word) => word === "" || NEUTRAL.test(word));
}

const UUID = /(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/g;

/**
 * Words that say which piece, time or making of a dataset a file is, and nothing about what its records mean. Numbers may
 * follow them, and one letter may precede a number (`v2`, `c000`). A run of hexadecimal digits is somebody's key.
 */
const NEUTRAL = new RegExp(
  `^(?:(?:${[
    ...["part", "chunk", "shard", "page", "batch", "file", "split", "slice", "segment", "of", "copy", "no"],
    ...["export", "extract", "dump", "data", "feed", "full", "delta", "incremental", "inc", "snapshot", "all"],
    ...["hourly", "daily", "weekly", "monthly", "day", "hour", "utc", "run", "tid"],
    ...["utf", "utf16le", "utf16be", "latin", "cp", "ansi", "ascii"],
  ].join("|")})?\\d{0,20}|[a-z]\\d{1,20})$|^\\d{8}t\\d{2,9}z?$|^\\d{1,20}z$|^(?=.*\\d)[0-9a-f]{4,64}$`,
);

const DATE =
  /(?<![0-9a-z])((?:19|20)\d{2})([-_]?)(\d{2})\2(\d{2})(?:t([01]\d|2[0-3])(?:[-_:]?\d{2}){0,2}z?)?(?![0-9a-z])/g;

/** Returns the partition of the only date in a name; its hour is 00 where the name says none. */
function partitionIn(text: string): Partition | undefined {
  const [match, second] = text.matchAll(DATE);
  if (match === undefined || second !== undefined) return undefined;
  // What follows may be an hour, or the number of a part.
  if (/^[-_]\d/.test(text.slice(match.index + match[0].length))) return undefined;
  const [, year, , month, day, hour] = match;
  const date = `${year}-${month}-${day}`;
  return isCalendarDate(date) ? { date, hour: Number(hour ?? 0) } : undefined;
}
