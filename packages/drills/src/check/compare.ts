import { createHash } from "node:crypto";
import type { Answer, FileAnswer, Place } from "../feed/answer.js";
import { fileKey } from "../feed/file-key.js";
import { doubled, type Finding, lost, wrong } from "./finding.js";
import type { FileRow, Outcome } from "./read-outcome.js";

/** Compares the outcome of a feed with its answer, record by record. Returns the differences: none when all is well. */
export function compare(answer: Answer, outcome: Outcome): Finding[] {
  return [
    ...compareTransactions(answer, outcome),
    ...compareCustomers(answer, outcome),
    ...compareProducts(answer, outcome),
    ...compareQuarantine(answer, outcome),
    ...compareProcessed(outcome),
    ...compareReceipts(outcome),
    ...[...outcome.claimed.keys()].map((path) => wrong(`${path} is left in claimed`)),
    ...answer.files.flatMap((file) => compareFile(file, rejectedIn(answer, file), outcome)),
    ...answer.erased
      .filter((word) => isNamed(word, outcome.text))
      .map((word) => wrong(`${word} is erased and still there`)),
  ];
}

function compareTransactions(answer: Answer, outcome: Outcome): Finding[] {
  const rows = new Map(outcome.transactions.map((row) => [row.id, row]));
  const findings: Finding[] = [];
  const erased: string[] = [];
  for (const { id, path, customerId, total, lines } of answer.transactions) {
    const row = rows.get(id);
    if (customerId === null) {
      erased.push(contentOf(total, lines));
      if (row !== undefined) findings.push(wrong(`the erased transaction ${id} has kept its id`));
      rows.delete(id);
      continue;
    }
    rows.delete(id);
    if (row === undefined) findings.push(lost(`transaction ${id}`));
    else if (row.total !== total || row.lines?.join() !== lines.join()) findings.push(wrong(`transaction ${id}`));
    else if (row.customerId !== customerId) findings.push(wrong(`transaction ${id} is of customer ${row.customerId}`));
    else if (answer.isOneRun && row.file !== fileKey(path))
      findings.push(wrong(`transaction ${id} is from ${row.file}`));
  }
  // The others have new ids, and are known by what was bought alone.
  const left = new Map<string, number>();
  for (const { id, customerId, total, lines } of rows.values()) {
    if (/^\d/.test(customerId)) findings.push(wrong(`transaction ${id} should not be there`));
    const content = contentOf(total, lines ?? []);
    left.set(content, (left.get(content) ?? 0) + 1);
  }
  for (const content of erased) {
    const times = left.get(content) ?? 0;
    if (times === 0) findings.push(lost(`an erased transaction of ${content}`));
    left.set(content, times - 1);
  }
  for (const [content, times] of left)
    if (times > 0) findings.push(wrong(`${times} erased transactions of ${content}`));
  return findings;
}

function contentOf(total: string, lines: readonly string[]): string {
  return `${total} (${lines.join()})`;
}

function compareCustomers(answer: Answer, outcome: Outcome): Finding[] {
  const rows = new Map(outcome.customers.map((row) => [row.id, row]));
  const findings: Finding[] = [];
  let erased = 0;
  for (const { id, email, history } of answer.customers) {
    if (email === null) {
      erased += 1;
      continue;
    }
    const row = rows.get(id);
    rows.delete(id);
    if (row === undefined) findings.push(lost(`customer ${id}`));
    else if (row.email !== email) findings.push(wrong(`customer ${id} has email ${row.email}`));
    else if (row.history > history) findings.push(doubled(`history of customer ${id}`));
    else if (row.history < history) findings.push(lost(`history of customer ${id}`));
  }
  // The erased have no email, and one row each.
  const pseudonyms = [...rows.values()].filter((row) => row.email === null);
  if (pseudonyms.length < erased) findings.push(lost(`${erased - pseudonyms.length} erased customers`));
  if (pseudonyms.length > erased) findings.push(doubled(`${pseudonyms.length - erased} erased customers`));
  for (const row of rows.values())
    if (row.email !== null) findings.push(wrong(`customer ${row.id} should not be there`));
  return findings;
}

function compareProducts(answer: Answer, outcome: Outcome): Finding[] {
  const rows = new Map(outcome.products.map((row) => [row.sku, row.price]));
  const findings: Finding[] = [];
  for (const [sku, price] of answer.products) {
    if (!rows.has(sku)) findings.push(lost(`product ${sku}`));
    else if (rows.get(sku) !== price) findings.push(wrong(`product ${sku} costs ${rows.get(sku)}`));
    rows.delete(sku);
  }
  for (const sku of rows.keys()) findings.push(wrong(`product ${sku} should not be there`));
  return findings;
}

/** The reasons of records that may be superseded as they wait: for a customer or a product, or until their conflict is found. */
const MAY_WAIT: ReadonlySet<string> = new Set(["conflict", "unknown_customer", "unknown_sku"]);

function compareQuarantine(answer: Answer, outcome: Outcome): Finding[] {
  const findings: Finding[] = [];
  const entries = new Map<string, number>();
  for (const entry of outcome.quarantine) entries.set(entry, (entries.get(entry) ?? 0) + 1);
  for (const [entry, times] of entries) if (times > 1) findings.push(doubled(`quarantined ${entry}`));
  const wasSuperseded = (place: Place) => entries.delete(entryOf(place, "superseded"));
  for (const { place, reason } of answer.rejected) {
    const isThere = entries.delete(entryOf(place, reason)) || (MAY_WAIT.has(reason) && wasSuperseded(place));
    if (!isThere) findings.push(lost(`quarantined ${entryOf(place, reason)}`));
  }
  for (const places of answer.copies) {
    const isRejected = places.map((place) => entries.delete(entryOf(place, "duplicate")) || wasSuperseded(place));
    const rejected = isRejected.filter((is) => is).length;
    if (rejected !== places.length - 1 || (answer.isOneRun && isRejected[0] === true)) {
      const which = isRejected.map((is, i) => (is ? i + 1 : undefined)).filter((i) => i !== undefined);
      findings.push(wrong(`copies ${which.join()} are duplicates of: ${places.map(entryOfPlace).join()}`));
    }
  }
  for (const entry of entries.keys()) {
    // What waited and came again with its whole file is loaded from there.
    if (!entry.endsWith(" superseded")) findings.push(wrong(`quarantined ${entry} should not be there`));
  }
  return findings;
}

/** What is published must be what the warehouse has; the warehouse is compared with the answer. */
function compareProcessed(outcome: Outcome): Finding[] {
  const findings: Finding[] = [];
  const left = new Map<string, number>();
  for (const id of outcome.processed) left.set(id, (left.get(id) ?? 0) + 1);
  for (const { id } of outcome.transactions) {
    const times = left.get(id) ?? 0;
    left.delete(id);
    if (times === 0) findings.push(lost(`processed transaction ${id}`));
    if (times > 1) findings.push(doubled(`processed transaction ${id}`));
  }
  for (const id of left.keys()) findings.push(wrong(`processed transaction ${id} should not be there`));
  return findings;
}

function compareReceipts({ receipts }: Outcome): Finding[] {
  return receipts
    .filter(({ times }) => times !== 1)
    .map(({ erasure, times }) => (times === 0 ? lost : doubled)(`receipt of erasure ${erasure}`));
}

/** Returns how many of a file's records are rejected, where that is known. */
function rejectedIn({ rejected, copies, isOneRun }: Answer, { path }: FileAnswer): number | undefined {
  if (!isOneRun) return undefined;
  const places = [...rejected.map(({ place }) => place), ...copies.flatMap((places) => places.slice(1))];
  return places.filter((place) => place.path === path && place.line !== null).length;
}

/** Requires that a file is in exactly one folder, unchanged unless an erasure rewrites it, and that its counts are right. */
function compareFile(file: FileAnswer, rejected: number | undefined, outcome: Outcome): Finding[] {
  const rows = outcome.files.filter(({ path }) => fileKey(path) === fileKey(file.path));
  const [row] = rows;
  if (row === undefined) return [lost(`file ${file.path} in the ledger`)];
  if (rows.length > 1) return [doubled(`file ${file.path} in the ledger`)];
  return [...compareFolders(file, row, outcome), ...compareCounts(file, row, rejected)];
}

function compareFolders(file: FileAnswer, row: FileRow, outcome: Outcome): Finding[] {
  const kept = row.keptPath ?? "";
  const hash = createHash("sha256").update(file.bytes).digest("hex");
  const folders = [outcome.landing.get(file.path), outcome.archived.get(kept), outcome.quarantined.get(kept)];
  const there = folders.filter((found) => found !== undefined);
  if (there.length === 0) return [lost(`file ${file.path}`)];
  if (there.length > 1) return [doubled(`file ${file.path} is in ${there.length} folders`)];
  const folder = file.isUnreadable ? folders[2] : folders[1];
  if (folder === undefined) return [wrong(`file ${file.path} is in the wrong folder`)];
  if (!file.isRewritten && folder !== hash) return [wrong(`file ${file.path} is not as it came`)];
  return row.state === (file.isUnreadable ? "quarantined" : "done") ? [] : [wrong(`file ${file.path} is ${row.state}`)];
}

function compareCounts(file: FileAnswer, row: FileRow, rejected = row.rejected): Finding[] {
  const isRight =
    row.recordsIn === file.records && row.rejected === rejected && row.loaded + row.rejected === row.recordsIn;
  return isRight
    ? []
    : [
        wrong(
          `file ${file.path}: ${row.recordsIn} in, ${row.loaded} loaded, ${row.rejected} rejected of ${file.records}, of which ${rejected} must be`,
        ),
      ];
}

function entryOf(place: Place, reason: string): string {
  return `${entryOfPlace(place)} ${reason}`;
}

function entryOfPlace({ path, line }: Place): string {
  return `${fileKey(path)}:${line ?? 0}`;
}

/** Digits within a longer word, or behind a point, are a part of a hash or of a second. */
function isNamed(word: string, text: string): boolean {
  return new RegExp(`(?<![0-9a-f.])${word.replaceAll(".", "\\.")}(?![0-9a-f])`).test(text);
}
