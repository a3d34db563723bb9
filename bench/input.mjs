import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { generateDataset } from "@lethe/sample-data/generate";

/** The same people and products in every set, so that one installation can take the transactions of them all. */
const SHOP = { customers: 20_000, products: 1_200, seed: 7, defectRate: 0, erasureRequests: 0, format: "json" };
/** As dense as 300,000 transactions in 30 days: hourly files of about 417 records. */
const TRANSACTIONS_PER_DAY = 10_000;
const START_DATE = "2020-01-01";

/**
 * Generates clean plain input in hourly files. Returns two folders: `base` with customers and products, `transactions` with
 * transactions alone.
 */
export async function makeInput(folder, transactions, days = daysOf(transactions)) {
  const base = path.join(folder, "base");
  const summary = await generateDataset({ ...SHOP, out: base, days, transactions, startDate: START_DATE });
  const moved = path.join(folder, "transactions");
  await moveFiles(base, moved, (name) => path.basename(name).startsWith("transactions."));
  return { base, transactions: moved, count: transactions, files: summary.datasets.transactions.files };
}

/** Joins hourly files to one line-delimited file with the same records, in a folder beside them that it gives. */
export async function joinToOneFile(input) {
  const folder = `${input.transactions}-joined`;
  const hour = path.join(folder, `date=${START_DATE}`, "hour=00");
  await mkdir(hour, { recursive: true });
  const joined = path.join(hour, "transactions.ndjson");
  for (const file of await filesOf(input.transactions)) {
    await pipeline(createReadStream(path.join(input.transactions, file)), createWriteStream(joined, { flags: "a" }));
  }
  return folder;
}

/** Returns the days over which so many transactions lie. */
export function daysOf(transactions) {
  return Math.max(1, Math.ceil(transactions / TRANSACTIONS_PER_DAY));
}

/** Moves the files of the last so many days to a folder of their own, of a name that is not there yet, and returns it. */
export async function splitOffLast(input, days, name) {
  const last = (await readdir(input.transactions)).sort().slice(-days);
  const folder = `${input.transactions}-${name}`;
  await moveFiles(input.transactions, folder, (file) => last.includes(file.split(path.sep)[0]));
  return folder;
}

/**
 * Lays files into landing, as a sender does: each is a file of its own. Of a file that somebody else has a link to, Lethe archives a copy,
 * since it could still be changed. They are on the disk before Lethe begins: to wait for that would be Lethe's alone to pay for.
 */
export async function layInto(landing, input, isTaken = () => true) {
  for (const file of (await filesOf(input)).filter(isTaken)) {
    const target = path.join(landing, file);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(path.join(input, file), target);
    const copied = await open(target, "r+");
    await copied.sync();
    await copied.close();
  }
}

/** Reports whether a file is of the input's first day. */
export function isOfFirstDay(file) {
  return file.startsWith(`date=${START_DATE}`);
}

/** Returns the bytes of a folder's files. */
export async function sizeOf(folder) {
  const sizes = (await filesOf(folder)).map(async (file) => (await stat(path.join(folder, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** Returns the names of a folder's files, those in folders below too, in order. */
export async function filesOf(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((file) => path.relative(folder, path.join(file.parentPath, file.name))).sort();
}

async function moveFiles(from, to, isMoved) {
  for (const file of (await filesOf(from)).filter(isMoved)) {
    await mkdir(path.dirname(path.join(to, file)), { recursive: true });
    await rename(path.join(from, file), path.join(to, file));
  }
  for (const folder of await readdir(from, { recursive: true }).then((names) => names.sort().reverse())) {
    const place = path.join(from, folder);
    if ((await readdir(place).catch(() => ["a file"])).length === 0) await rm(place, { recursive: true });
  }
}
