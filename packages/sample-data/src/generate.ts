import { mkdir, readdir } from "node:fs/promises";
import { InvalidInputError } from "@lethe/contracts/errors";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import { DEFECT_NAMES, DEFECTS, type Defect, type DefectName } from "./defects.js";
import { createFileSink, type FileSink, type Tally } from "./file-sink.js";
import { type GenerateOptions, resolveOptions } from "./options.js";
import { makePlan, type Plan } from "./plan.js";
import { writeCustomers } from "./write-customers.js";
import { writeErasureRequests } from "./write-erasure-requests.js";
import { writeProducts } from "./write-products.js";
import { writeTransactions } from "./write-transactions.js";

/** The datasets that are generated, in the order of a full load, and what writes the files of each. */
const WRITERS = {
  customers: writeCustomers,
  products: writeProducts,
  transactions: writeTransactions,
  "erasure-requests": writeErasureRequests,
} as const satisfies Record<string, (plan: Plan, sink: FileSink) => Promise<void>>;

export type GeneratedDataset = keyof typeof WRITERS;

/** What was written, and what Lethe must make of it when the four jobs run once over it in the order of a full load. */
export interface GenerateSummary {
  readonly files: number;
  /** Bytes on disk. */
  readonly bytes: number;
  readonly datasets: Readonly<Record<GeneratedDataset, DatasetSummary>>;
  /** How often each kind of defect was planted. */
  readonly defects: Readonly<Record<DefectName, number>>;
}

export interface DatasetSummary {
  /** Files, those that are empty or cut off among them. */
  readonly files: number;
  /** Records in files that can be read; always `loaded` and all of `rejected` together. */
  readonly records: number;
  readonly loaded: number;
  readonly rejected: RejectCounts;
  /** Records in files that are cut off and stand in quarantine whole. */
  readonly unreadableRecords: number;
}

/**
 * Writes a seeded set of input files in the source's layout, and returns what is in it by construction. The same
 * options give the same records in the same files, byte for byte; with gzip the packed bytes are the same wherever
 * Node carries the same zlib. Memory does not grow with the number of records.
 *
 * Throws InvalidInputError when an option is out of its limits or `out` holds partitions already.
 */
export async function generateDataset(options: GenerateOptions): Promise<GenerateSummary> {
  const plan = makePlan(resolveOptions(options));
  await requireNoPartitions(plan.options.out);
  const tallies: [string, Tally][] = [];
  for (const [dataset, write] of Object.entries(WRITERS)) {
    const sink = createFileSink(plan, dataset);
    await write(plan, sink);
    tallies.push([dataset, sink.tally]);
  }
  return summarize(tallies);
}

/** Files of another set would make the summary wrong. */
async function requireNoPartitions(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const entries = await readdir(out);
  if (entries.some((name) => name.startsWith("date="))) {
    throw new InvalidInputError("the output folder holds date=… folders already; name another or remove them");
  }
}

function summarize(tallies: readonly (readonly [string, Tally])[]): GenerateSummary {
  const sum = (count: (tally: Tally) => number) => tallies.reduce((total, [, tally]) => total + count(tally), 0);
  const datasets = Object.fromEntries(tallies.map(([dataset, tally]) => [dataset, summarizeDataset(tally)]));
  const defects = Object.fromEntries(DEFECT_NAMES.map((name) => [name, sum((tally) => tally.defects[name])]));
  return {
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    datasets: datasets as Record<GeneratedDataset, DatasetSummary>,
    defects: defects as Record<DefectName, number>,
  };
}

function summarizeDataset({ files, records, unreadableRecords, defects }: Tally): DatasetSummary {
  const rejected: RejectCounts = {};
  let loaded = records;
  for (const name of DEFECT_NAMES) {
    const { rejectedAs, isOfFile }: Defect = DEFECTS[name];
    if (rejectedAs === null || isOfFile || defects[name] === 0) continue;
    rejected[rejectedAs] = (rejected[rejectedAs] ?? 0) + defects[name];
    loaded -= defects[name];
  }
  return { files, records, loaded, rejected, unreadableRecords };
}
