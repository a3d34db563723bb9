import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Answer } from "../feed/answer.js";
import { fileKey } from "../feed/file-key.js";
import { makeFeed } from "../feed/make-feed.js";
import { compare } from "./compare.js";
import type { Outcome } from "./read-outcome.js";

const ANSWER = makeFeed(7, 3);
const ERASED = `new ${ANSWER.transactions.find(({ customerId }) => customerId === null)?.id}`;

describe("the outcome of a feed, compared with its answer", () => {
  it("finds nothing when all is as it must be", () => {
    expect(compare(ANSWER, perfect(ANSWER))).toEqual([]);
  });

  const faults: readonly (readonly [string, "lost" | "doubled" | "wrong", (outcome: Outcome) => Partial<Outcome>])[] = [
    ["a transaction that is gone", "lost", (o) => ({ transactions: o.transactions.slice(1) })],
    ["a purchase line that is gone", "wrong", (o) => ({ transactions: first(o.transactions, { lines: [] }) })],
    ["a total that is another one", "wrong", (o) => ({ transactions: first(o.transactions, { total: "0.01" }) })],
    [
      "a sale under another customer",
      "wrong",
      (o) => ({ transactions: last(o.transactions, { customerId: "111111" }) }),
    ],
    [
      "an erased sale that is gone",
      "lost",
      (o) => ({ transactions: o.transactions.filter(({ id }) => id !== ERASED) }),
    ],
    [
      "an erased sale that is counted twice",
      "wrong",
      (o) => ({
        transactions: o.transactions.flatMap((row) => (row.id === ERASED ? [row, { ...row, id: "again" }] : [row])),
      }),
    ],
    [
      "an erased sale under its old id",
      "wrong",
      (o) => ({ transactions: o.transactions.map((row) => ({ ...row, id: row.id.replace("new ", "") })) }),
    ],
    ["a transaction too many", "wrong", (o) => ({ transactions: [...o.transactions, sale("another")] })],
    ["a customer who is gone", "lost", (o) => ({ customers: o.customers.slice(0, -1) })],
    ["an erased customer who is gone", "lost", (o) => ({ customers: o.customers.slice(1) })],
    ["an older version that won", "lost", (o) => ({ customers: o.customers.map((row) => ({ ...row, history: 0 })) })],
    ["a version too many", "doubled", (o) => ({ customers: last(o.customers, { history: 1 }) })],
    ["a customer too many", "wrong", (o) => ({ customers: [...o.customers, { id: "1", email: "x", history: 0 }] })],
    ["a product that is gone", "lost", (o) => ({ products: o.products.slice(1) })],
    ["a price that is another one", "wrong", (o) => ({ products: first(o.products, { price: "9999.99" }) })],
    ["a rejected record that is gone", "lost", (o) => ({ quarantine: without(o, "schema") })],
    ["a rejected record twice", "doubled", (o) => ({ quarantine: [...o.quarantine, o.quarantine[0] ?? ""] })],
    ["a rejected record too many", "wrong", (o) => ({ quarantine: [...o.quarantine, "x:1 schema"] })],
    ["a duplicate that is gone", "wrong", (o) => ({ quarantine: without(o, "duplicate") })],
    ["a conflict that counts as a duplicate", "wrong", (o) => ({ quarantine: renamed(o, "conflict", "duplicate") })],
    ["a copy that won over the first", "wrong", (o) => ({ quarantine: withAnotherFirst(o) })],
    ["a sale of another file that won", "wrong", (o) => ({ transactions: last(o.transactions, { file: "another" }) })],
    [
      "a file that is credited with another one's record",
      "wrong",
      (o) => ({
        files: first(o.files, { loaded: (o.files[0]?.loaded ?? 0) - 1, rejected: (o.files[0]?.rejected ?? 0) + 1 }),
      }),
    ],
    ["a published record that is gone", "lost", (o) => ({ processed: o.processed.slice(1) })],
    ["a published record twice", "doubled", (o) => ({ processed: [...o.processed, o.processed[0] ?? ""] })],
    ["a published record too many", "wrong", (o) => ({ processed: [...o.processed, "another"] })],
    ["an erasure without a receipt", "lost", (o) => ({ receipts: first(o.receipts, { times: 0 }) })],
    ["a receipt that was written twice", "doubled", (o) => ({ receipts: first(o.receipts, { times: 2 }) })],
    ["a file that is gone", "lost", (o) => ({ archived: new Map([...o.archived].slice(1)) })],
    ["a file in two folders", "doubled", (o) => ({ landing: new Map([...o.archived].slice(0, 1)) })],
    ["a file that a run has left in claimed", "wrong", (o) => ({ claimed: new Map([...o.archived].slice(0, 1)) })],
    ["a file in the wrong folder", "wrong", (o) => ({ archived: new Map(), landing: o.archived })],
    [
      "a file that is not as it came",
      "wrong",
      (o) => ({ archived: new Map([...o.archived.keys()].map((p) => [p, "x"])) }),
    ],
    ["a file that the ledger does not know", "lost", (o) => ({ files: o.files.slice(1) })],
    ["a file that is not done", "wrong", (o) => ({ files: first(o.files, { state: "open" }) })],
    [
      "a record that was not counted",
      "wrong",
      (o) => ({ files: first(o.files, { recordsIn: 1, loaded: 1, rejected: 0 }) }),
    ],
    [
      "counts that do not add up",
      "wrong",
      (o) => ({ files: o.files.map((row) => ({ ...row, loaded: row.loaded + 1 })) }),
    ],
    ["an erased person's email", "wrong", (o) => ({ text: `${o.text} "${ANSWER.erased[1]}"` })],
    ["an erased person's id", "wrong", (o) => ({ text: `${o.text} (${ANSWER.erased[0]},` })],
  ];
  it.each(faults)("finds %s", (_what, kind, fault) => {
    const outcome = perfect(ANSWER);
    const findings = compare(ANSWER, { ...outcome, ...fault(outcome) });
    expect(findings.map((found) => found.kind)).toContain(kind);
  });

  it("takes a copy that waited until the other one was loaded for a duplicate", () => {
    const outcome = perfect(ANSWER);
    expect(compare(ANSWER, { ...outcome, quarantine: renamed(outcome, "duplicate", "superseded") })).toEqual([]);
  });

  it("takes what waits for a product, while another record of its id is loaded, for what waits", () => {
    const outcome = perfect(ANSWER);
    expect(compare(ANSWER, { ...outcome, quarantine: renamed(outcome, "unknown_sku", "superseded") })).toEqual([]);
  });

  it("passes over what waited until it came again with its whole file", () => {
    const outcome = perfect(ANSWER);
    const loaded = outcome.transactions.find(({ file }) => file !== null);
    expect(
      compare(ANSWER, { ...outcome, quarantine: [...outcome.quarantine, `${loaded?.file}:9999 superseded`] }),
    ).toEqual([]);
  });

  it("takes an erased person's digits within a hash for no trace", () => {
    const outcome = perfect(ANSWER);
    expect(compare(ANSWER, { ...outcome, text: `a${ANSWER.erased[0]}b 12.${ANSWER.erased[0]}` })).toEqual([]);
  });
});

/** Creates the outcome that an answer asks for. */
function perfect(answer: Answer): Outcome {
  const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
  const rejectedIn = (path: string) =>
    answer.rejected.filter(({ place }) => place.path === path && place.line !== null).length +
    answer.copies.flatMap((places) => places.slice(1)).filter((place) => place.path === path).length;
  const filesThat = (isUnreadable: boolean) =>
    new Map(
      answer.files.filter((file) => file.isUnreadable === isUnreadable).map(({ path, bytes }) => [path, hash(bytes)]),
    );
  return {
    files: answer.files.map(({ path, records, isUnreadable }) => ({
      path,
      state: isUnreadable ? "quarantined" : "done",
      keptPath: path,
      recordsIn: records,
      loaded: records - rejectedIn(path),
      rejected: rejectedIn(path),
    })),
    customers: answer.customers.map(({ id, email, history }) => ({
      id: email === null ? `px${id}` : id,
      email,
      history,
    })),
    products: [...answer.products].map(([sku, price]) => ({ sku, price })),
    transactions: answer.transactions.map(({ id, path, customerId, total, lines }) => ({
      id: customerId === null ? `new ${id}` : id,
      file: customerId === null ? null : fileKey(path),
      customerId: customerId ?? "erased",
      total,
      lines,
    })),
    quarantine: [
      ...answer.rejected.map(({ place, reason }) => `${fileKey(place.path)}:${place.line ?? 0} ${reason}`),
      ...answer.copies
        .flatMap((places) => places.slice(1))
        .map(({ path, line }) => `${fileKey(path)}:${line} duplicate`),
    ],
    processed: answer.transactions.map(({ id, customerId }) => (customerId === null ? `new ${id}` : id)),
    receipts: [{ erasure: "1", times: 1 }],
    landing: new Map(),
    claimed: new Map(),
    archived: filesThat(false),
    quarantined: filesThat(true),
    text: "",
  };
}

function first<T>(rows: readonly T[], change: Partial<T>): T[] {
  return rows.map((row, i) => (i === 0 ? { ...row, ...change } : row));
}

function last<T>(rows: readonly T[], change: Partial<T>): T[] {
  return rows.map((row, i) => (i === rows.length - 1 ? { ...row, ...change } : row));
}

/** Removes the first entry with a reason. */
function without({ quarantine }: Outcome, reason: string): string[] {
  const at = quarantine.findIndex((entry) => entry.endsWith(` ${reason}`));
  return quarantine.filter((_, i) => i !== at);
}

/** Rejects the first of some copies instead of the second. */
function withAnotherFirst({ quarantine }: Outcome): string[] {
  const [one, other] = (ANSWER.copies[0] ?? []).map(({ path, line }) => `${fileKey(path)}:${line} duplicate`);
  return quarantine.map((entry) => (entry === other ? (one ?? "") : entry));
}

/** Replaces the reason of the first entry that has it. */
function renamed({ quarantine }: Outcome, reason: string, other: string): string[] {
  const at = quarantine.findIndex((entry) => entry.endsWith(` ${reason}`));
  return quarantine.map((entry, i) => (i === at ? entry.replace(` ${reason}`, ` ${other}`) : entry));
}

function sale(id: string): Outcome["transactions"][number] {
  return { id, file: null, customerId: "1", total: "1.00", lines: [] };
}
