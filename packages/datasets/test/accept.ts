import { type PrivacyKey, parsePrivacyKey } from "@lethe/privacy/privacy-key";
import type { Dataset, RecordPlace } from "../src/dataset.js";

export const KEY: PrivacyKey = parsePrivacyKey("11".repeat(32));

const PLACE: RecordPlace = { ordinal: 4, fileId: 7, line: 9, partitionStart: "2020-01-31T05:00:00Z", masked: false };

/** Accepts a record and returns what became of it: its rows by staging table, as fields by column, still in COPY's text. */
export function accept(dataset: Dataset, record: unknown, place: Partial<RecordPlace> = {}) {
  const written = dataset.stagingTables.map(() => "");
  const sinks = written.map((_rows, i) => ({
    append(rows: string) {
      written[i] += rows;
    },
  }));
  const accepted = dataset.accept(record, { ...PLACE, ...place }, sinks, KEY);
  const result = "processed" in accepted ? { processed: JSON.parse(accepted.processed) as unknown } : accepted;
  const rows = dataset.stagingTables.map(({ columns }, i) =>
    lines(written[i] ?? "").map((line) => {
      const fields = line.split("\t");
      if (fields.length !== columns.length) throw new Error(`${fields.length} fields for ${columns.length} columns`);
      return Object.fromEntries(columns.map(([name], column) => [name, fields[column]]));
    }),
  );
  return { result, rows, written: written.join("") };
}

function lines(text: string): string[] {
  if (text !== "" && !text.endsWith("\n")) throw new Error("a row has no end");
  return text.split("\n").slice(0, -1);
}
