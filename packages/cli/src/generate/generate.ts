import { mkdir, readdir } from "node:fs/promises";
import { DATASET_NAMES, type DatasetName } from "@lethe/contracts/datasets";
import { InvalidInputError } from "@lethe/contracts/errors";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import { DEFECT_NAMES, DEFECTS, type DefectName } from "./defects.js";
import { fileSink, type Tally } from "./file-sink.js";
import { type GenerateOptions, resolveOptions } from "./options.js";
import { makePlan } from "./plan.js";
import { writeCustomers } from "./write-customers.js";
import { writeErasureRequests } from "./write-erasure-requests.js";
import { writeProducts } from "./write-products.js";
import { TORN_FILE_RECORDS, writeTransactions } from "./write-transactions.js";

/** What was written, and what Lethe must make of it when the four jobs run once over it in the order of a full load. */
export interface GenerateSummary {
  readonly files: number;
  /** Bytes on disk. */
  readonly bytes: number;
  readonly datasets: Readonly<Record<DatasetName, DatasetSummary>>;
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
  const sink = fileSink(plan);
  await writeCustomers(plan, sink);
  await writeProducts(plan, sink);
  await writeTransactions(plan, sink);
  await writeErasureRequests(plan, sink);
  return summarize(sink.tally);
}

/** Files of another set would make the summary wrong. */
async function requireNoPartitions(out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const entries = await readdir(out);
  if (entries.some((name) => name.startsWith("date="))) {
    throw new InvalidInputError("the output folder holds date=… folders already; name another or remove them");
  }
}

function summarize(tally: Tally): GenerateSummary {
  return {
    files: DATASET_NAMES.reduce((sum, dataset) => sum + tally.files[dataset], 0),
    bytes: tally.bytes,
    datasets: {
      customers: summarizeDataset("customers", tally),
      products: summarizeDataset("products", tally),
      transactions: summarizeDataset("transactions", tally),
      "erasure-requests": summarizeDataset("erasure-requests", tally),
    },
    defects: tally.defects,
  };
}

function summarizeDataset(dataset: DatasetName, tally: Tally): DatasetSummary {
  const rejected: RejectCounts = {};
  let loaded = tally.records[dataset];
  for (const name of DEFECT_NAMES) {
    const { dataset: of, rejectedAs } = DEFECTS[name];
    const count = tally.defects[name];
    if (of !== dataset || rejectedAs === null || name === "truncated_gzip" || count === 0) continue;
    rejected[rejectedAs] = (rejected[rejectedAs] ?? 0) + count;
    loaded -= count;
  }
  const tornFiles = dataset === "transactions" ? tally.defects.truncated_gzip : 0;
  const unreadableRecords = tornFiles * TORN_FILE_RECORDS;
  return { files: tally.files[dataset], records: tally.records[dataset], loaded, rejected, unreadableRecords };
}
