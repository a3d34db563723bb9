import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { pathsBelow } from "./folders.js";

/** The datasets of the sample, whose rules are written down here. */
export const COUNTED_DATASETS = ["customers", "products", "transactions", "erasure-requests"] as const;
export type CountedDataset = (typeof COUNTED_DATASETS)[number];

/**
 * What one run of the four jobs must make of a folder of gzipped and plain JSON lines. Counted by reading the files
 * plainly and by rules written down here once more, so that a mistake in Lethe's own does not hide itself.
 */
export interface PlainCount {
  readonly datasets: Readonly<Record<CountedDataset, DatasetCount>>;
  /** Records of each file that can be read, by path. */
  readonly recordsByFile: ReadonlyMap<string, number>;
  /** Files that cannot be read. */
  readonly unreadableFiles: readonly string[];
  readonly purchaseLines: number;
  /** Sum of the total costs of what is loaded, in hundredths. */
  readonly revenueCents: bigint;
  /** Customers that had a version before, by id. */
  readonly superseded: readonly string[];
  /** Ids of loaded customers whose erasure was asked for with their own email. */
  readonly erased: readonly string[];
  /** Ids of all good requests: those customers, and people who are none. */
  readonly suppressed: readonly string[];
}

export interface DatasetCount {
  readonly files: number;
  readonly records: number;
  readonly loaded: number;
  readonly rejected: Record<string, number>;
  /** Keys of what is loaded, by partition folder, in the files' order. */
  readonly keysByPartition: Map<string, string[]>;
}

type Fields = Record<string, unknown>;

const CUSTOMER_FIELDS =
  "id first_name last_name date_of_birth email phone_number address city country postcode last_change segment";
const TRANSACTION_FIELDS = "transaction_id transaction_time customer_id delivery_address purchases";

/**
 * Counts what Lethe must load and reject from a folder of sample input. The rules are implemented here a second time,
 * independently of the code under test.
 */
export async function countPlainly(folder: string): Promise<PlainCount> {
  const files = (await pathsBelow(folder)).filter((path) => /\.json(\.gz)?$/.test(path)).sort();
  const recordsByFile = new Map<string, number>();
  const unreadableFiles: string[] = [];
  const linesOf = new Map<string, string[]>();
  for (const path of files) {
    const bytes = await readFile(join(folder, path));
    try {
      const text = path.endsWith(".gz") ? gunzipSync(bytes).toString("utf8") : bytes.toString("utf8");
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      linesOf.set(path, lines);
      recordsByFile.set(path, lines.length);
    } catch {
      unreadableFiles.push(path);
    }
  }

  const emails = new Map<string, string>();
  const versions = new Set<string>();
  const superseded: string[] = [];
  const customers = take("customers", (record) => {
    if (!hasFields(record, CUSTOMER_FIELDS)) return "schema";
    if (record.first_name === null || record.last_name === null || record.email === null) return "schema";
    const version = JSON.stringify(record);
    if (versions.has(version)) return "duplicate";
    versions.add(version);
    if (emails.has(String(record.id))) superseded.push(String(record.id));
    emails.set(String(record.id), String(record.email).trim().toLowerCase());
    return String(record.id);
  });

  const skus = new Set<unknown>();
  const products = take("products", (record) => {
    if (record.name === null || Number(record.price) === 0 || record.popularity === 0) return "schema";
    skus.add(record.sku);
    return String(record.sku);
  });

  const seen = new Map<string, string>();
  let purchaseLines = 0;
  let revenueCents = 0n;
  const transactions = take("transactions", (record) => {
    if (!hasFields(record, TRANSACTION_FIELDS)) return "schema";
    const purchases = record.purchases as { products: Fields[]; total_cost: string };
    const sum = purchases.products.reduce(
      (cents, line) => cents + toCents(line.price) * BigInt(Number(line.quanitity)),
      0n,
    );
    if (sum !== toCents(purchases.total_cost)) return "total_mismatch";
    const id = String(record.transaction_id);
    const content = JSON.stringify(record);
    const first = seen.get(id);
    if (first !== undefined) return first === content ? "duplicate" : "conflict";
    if (!emails.has(String(record.customer_id))) return "unknown_customer";
    if (!purchases.products.every((line) => skus.has(line.sku))) return "unknown_sku";
    seen.set(id, content);
    purchaseLines += purchases.products.length;
    revenueCents += sum;
    return id;
  });

  const asked = new Set<string>();
  const erased: string[] = [];
  const suppressed: string[] = [];
  const requests = take("erasure-requests", (record) => {
    const id = String(record["customer-id"]);
    if (asked.has(JSON.stringify(record))) return "duplicate";
    asked.add(JSON.stringify(record));
    const known = emails.get(id);
    if (known !== undefined && known !== record.email) return "identity_mismatch";
    if (known !== undefined) erased.push(id);
    suppressed.push(id);
    return id;
  });

  return {
    datasets: { customers, products, transactions, "erasure-requests": requests },
    recordsByFile,
    unreadableFiles,
    purchaseLines,
    revenueCents,
    superseded,
    erased,
    suppressed,
  };

  /** Goes through a dataset's records; `judge` gives a reject reason (a name of small letters) or the record's key. */
  function take(dataset: CountedDataset, judge: (record: Fields) => string): DatasetCount {
    const rejected: Record<string, number> = {};
    const keysByPartition = new Map<string, string[]>();
    let records = 0;
    let loaded = 0;
    const own = files.filter((path) => path.includes(`/${dataset}.`));
    for (const path of own) {
      for (const line of linesOf.get(path) ?? []) {
        records += 1;
        const verdict = judgeLine(line, judge);
        if (/^[a-z_]+$/.test(verdict)) {
          rejected[verdict] = (rejected[verdict] ?? 0) + 1;
        } else {
          loaded += 1;
          const partition = path.slice(0, path.lastIndexOf("/"));
          keysByPartition.set(partition, [...(keysByPartition.get(partition) ?? []), verdict]);
        }
      }
    }
    return { files: own.length, records, loaded, rejected, keysByPartition };
  }
}

function judgeLine(line: string, judge: (record: Fields) => string): string {
  let record: Fields;
  try {
    record = JSON.parse(line) as Fields;
  } catch {
    return "unreadable";
  }
  return judge(record);
}

function hasFields(record: Fields, names: string): boolean {
  return Object.keys(record).sort().join(" ") === names.split(" ").sort().join(" ");
}

/** "12.3" gives 1230n. */
function toCents(amount: unknown): bigint {
  const [whole = "", fraction = ""] = String(amount).split(".");
  return BigInt(whole + fraction.padEnd(2, "0"));
}
