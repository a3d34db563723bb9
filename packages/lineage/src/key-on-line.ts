import type { DatasetName } from "@lethe/contracts/datasets";
import { InvalidInputError, NotFoundError, UnreadableFileError } from "@lethe/contracts/errors";
import { keptRecords } from "./kept-records.js";
import { keyOfRecord } from "./record-key.js";
import { type LineageContext, requireKey } from "./trace-record.js";

/**
 * Returns the key of the record on a line of a processed file, given by its path below `processed_data/`. Throws InvalidInputError for
 * a path of another form, and NotFoundError where there is no such line.
 */
export async function keyOnLine(
  { storage, datasets }: LineageContext,
  path: string,
  line: number,
): Promise<{ readonly dataset: DatasetName; readonly key: string }> {
  const name = /^date=[^/]+\/hour=[^/]+\/([a-z-]+)\.json\.gz$/.exec(path)?.[1];
  if (name === undefined || !datasets.has(name)) {
    throw new InvalidInputError("a processed file is named date=YYYY-MM-DD/hour=HH/<dataset>.json.gz");
  }
  const dataset = datasets.get(name);
  const recordKey = requireKey(dataset);
  const lines = keptRecords(storage, dataset, {
    area: "processed",
    key: path,
    format: { shape: "ndjson", gzip: true },
  });
  try {
    for await (const found of lines) {
      if (found.line !== line) continue;
      const key = keyOfRecord(recordKey, found.record);
      if (key !== null) return { dataset: name, key };
    }
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
  }
  throw new NotFoundError("the processed file is not there, or has no record on this line");
}
