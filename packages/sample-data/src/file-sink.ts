import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { partitionPath } from "@lethe/contracts/partition";
import { DEFECT_NAMES, type DefectName } from "./defects.js";
import type { GenerateFormat } from "./options.js";
import type { Plan } from "./plan.js";
import { GZIP_LEVEL, writeLines } from "./write-lines.js";

/** What was written of one dataset so far. */
export interface Tally {
  files: number;
  /** Bytes on disk. */
  bytes: number;
  records: number;
  /** Records in files that are cut off, which are in no other count. */
  unreadableRecords: number;
  readonly defects: Record<DefectName, number>;
}

/** Writes the files of one dataset below the output folder and counts what it wrote. */
export interface FileSink {
  readonly tally: Tally;
  /** Writes the file of an hour, a line per record. */
  write(hour: number, lines: Iterable<string>, format?: GenerateFormat): Promise<void>;
  /** Writes a gzip file that ends in the middle. */
  writeTorn(hour: number, lines: Iterable<string>): Promise<void>;
}

/** Creates the writer of a dataset's files. */
export function createFileSink(plan: Plan, dataset: string): FileSink {
  const tally: Tally = { files: 0, bytes: 0, records: 0, unreadableRecords: 0, defects: noDefects() };
  const pathOf = (hour: number, format: GenerateFormat): string => {
    const partition = plan.hours[hour];
    if (partition === undefined) throw new RangeError(`there is no hour ${hour}`);
    return join(plan.options.out, partitionPath(partition), `${dataset}.${format}`);
  };

  return {
    tally,
    async write(hour, lines, format = plan.options.format) {
      tally.bytes += await writeLines(pathOf(hour, format), countRecords(lines, tally), format === "json.gz");
      tally.files++;
    },
    async writeTorn(hour, lines) {
      const path = pathOf(hour, "json.gz");
      const records = [...lines];
      const whole = gzipSync(records.map((line) => `${line}\n`).join(""), { level: GZIP_LEVEL });
      const part = whole.subarray(0, Math.floor(whole.length * 0.6));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, part, { flag: "wx" });
      tally.bytes += part.length;
      tally.unreadableRecords += records.length;
      tally.files++;
    },
  };
}

function* countRecords(lines: Iterable<string>, tally: Tally): Generator<string> {
  for (const line of lines) {
    tally.records++;
    yield line;
  }
}

function noDefects(): Record<DefectName, number> {
  return Object.fromEntries(DEFECT_NAMES.map((name) => [name, 0])) as Record<DefectName, number>;
}
