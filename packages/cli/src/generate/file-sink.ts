import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import type { DatasetName } from "@lethe/contracts/datasets";
import { partitionPath } from "@lethe/contracts/partition";
import { DEFECT_NAMES, type DefectName } from "./defects.js";
import type { GenerateFormat } from "./options.js";
import type { Plan } from "./plan.js";
import { GZIP_LEVEL, writeLines } from "./write-lines.js";

/** What was written so far. */
export interface Tally {
  readonly files: Record<DatasetName, number>;
  readonly records: Record<DatasetName, number>;
  readonly defects: Record<DefectName, number>;
  bytes: number;
}

/** Writes files below the output folder and counts what it wrote. */
export interface FileSink {
  readonly tally: Tally;
  /** Writes a dataset's file of an hour, a line per record. */
  write(hour: number, dataset: DatasetName, lines: Iterable<string>, format?: GenerateFormat): Promise<void>;
  /** Writes a gzip file that ends in the middle; its records are not counted. */
  writeTorn(hour: number, dataset: DatasetName, lines: Iterable<string>): Promise<void>;
}

export function fileSink(plan: Plan): FileSink {
  const tally: Tally = { files: noneByDataset(), records: noneByDataset(), defects: noDefects(), bytes: 0 };
  const pathOf = (hour: number, dataset: DatasetName, format: GenerateFormat): string => {
    const partition = plan.hours[hour];
    if (partition === undefined) throw new RangeError(`there is no hour ${hour}`);
    return join(plan.options.out, partitionPath(partition), `${dataset}.${format}`);
  };

  return {
    tally,
    async write(hour, dataset, lines, format = plan.options.format) {
      const counted = countRecords(lines, dataset, tally);
      tally.bytes += await writeLines(pathOf(hour, dataset, format), counted, format === "json.gz");
      tally.files[dataset]++;
    },
    async writeTorn(hour, dataset, lines) {
      const path = pathOf(hour, dataset, "json.gz");
      const whole = gzipSync([...lines].map((line) => `${line}\n`).join(""), { level: GZIP_LEVEL });
      const part = whole.subarray(0, Math.floor(whole.length * 0.6));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, part, { flag: "wx" });
      tally.bytes += part.length;
      tally.files[dataset]++;
    },
  };
}

function* countRecords(lines: Iterable<string>, dataset: DatasetName, tally: Tally): Generator<string> {
  for (const line of lines) {
    tally.records[dataset]++;
    yield line;
  }
}

function noneByDataset(): Record<DatasetName, number> {
  return { customers: 0, products: 0, transactions: 0, "erasure-requests": 0 };
}

function noDefects(): Record<DefectName, number> {
  return Object.fromEntries(DEFECT_NAMES.map((name) => [name, 0])) as Record<DefectName, number>;
}
