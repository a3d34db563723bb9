import type { Lacking } from "@lethe/contracts/staged-batch";
import { isObject } from "@lethe/datasets/record-shape";

export interface LackingCount {
  count(record: unknown): void;
  /** Returns what was counted since the last call. */
  take(): Lacking;
}

const SPACE = 0x20;

/**
 * Creates a count of the fields that records lack: null or not there, or blank. Takes the paths of the fields, with dots; of a field
 * whose object is not there it says nothing. Every record goes through it, so it allocates nothing.
 */
export function createLackingCount(fields: readonly string[]): LackingCount {
  const groups = groupByParent(fields);
  const nulls = new Map<string, number>();
  const blanks = new Map<string, number>();

  function countIn(
    object: Readonly<Record<string, unknown>>,
    names: readonly string[],
    paths: readonly string[],
  ): void {
    for (let i = 0; i < names.length; i += 1) {
      const value = object[names[i] as string];
      if (value === undefined || value === null) add(nulls, paths[i] as string);
      else if (typeof value === "string" && isBlank(value)) add(blanks, paths[i] as string);
    }
  }

  return {
    count(record) {
      if (!isObject(record)) return;
      for (const { parent, names, paths } of groups) {
        const object = parent === undefined ? record : record[parent];
        if (isObject(object)) countIn(object, names, paths);
      }
    },
    take() {
      const paths = new Set([...nulls.keys(), ...blanks.keys()]);
      const lacking = Object.fromEntries(
        [...paths].map((path): [string, [number, number]] => {
          const none = nulls.get(path) ?? 0;
          return [path, [none, none + (blanks.get(path) ?? 0)]];
        }),
      );
      nulls.clear();
      blanks.clear();
      return lacking;
    },
  };
}

interface Group {
  /** The field whose object has them; undefined for the record itself. */
  readonly parent: string | undefined;
  readonly names: string[];
  readonly paths: string[];
}

function groupByParent(fields: readonly string[]): Group[] {
  const groups = new Map<string | undefined, Group>();
  for (const path of fields) {
    const [first = "", second, ...deeper] = path.split(".");
    if (deeper.length > 0) continue;
    const parent = second === undefined ? undefined : first;
    const group = groups.get(parent) ?? { parent, names: [], paths: [] };
    groups.set(parent, group);
    group.names.push(second ?? first);
    group.paths.push(path);
  }
  return [...groups.values()];
}

function isBlank(text: string): boolean {
  return text.length === 0 || (text.charCodeAt(0) <= SPACE && text.trim() === "");
}

function add(counts: Map<string, number>, path: string): void {
  counts.set(path, (counts.get(path) ?? 0) + 1);
}
