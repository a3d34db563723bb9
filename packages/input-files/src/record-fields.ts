import type { RecordShape } from "./broken-end.js";
import type { CsvColumns } from "./csv-header.js";
import { valueOnOneLine } from "./value-on-one-line.js";

/** What the records of a text are known by: the dataset's fields, and those of the first record that is one. */
export interface RecordFields extends RecordShape {
  /** Learns from a value that is JSON; from the first object alone. */
  learn(value: Buffer): void;
}

/** Creates what records are known by. `columns` are the dataset's fields, where they are known. */
export function createRecordFields(dataset: CsvColumns | undefined): RecordFields {
  const columns = new Set(dataset?.columns);
  let first: ReadonlySet<string> | undefined;
  return {
    isKnown: () => first !== undefined || columns.size > 0,
    hasField: (name) => first?.has(name) === true || columns.has(name),
    isLike(names) {
      if (first !== undefined) return isMostOf(first, names);
      if (dataset === undefined || columns.size === 0) return true;
      // One field, such as `id`, other objects have, too.
      const { required } = dataset;
      return isMostOf(columns, names) || (required.length > 1 && required.every((field) => names.includes(field)));
    },
    learn(value) {
      if (first !== undefined || value[0] !== 0x7b) return;
      const names = Object.keys(JSON.parse(valueOnOneLine(value).line.toString("utf8")) as object);
      if (names.length > 0) first = new Set(names);
    },
  };
}

function isMostOf(known: ReadonlySet<string>, names: readonly string[]): boolean {
  return names.filter((name) => known.has(name)).length * 2 > known.size;
}
