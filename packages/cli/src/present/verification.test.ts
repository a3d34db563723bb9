import { describe, expect, it } from "vitest";
import type { ReceiptFileCheck } from "../receipt-file.js";
import { formatReceiptFileCheck, formatVerification } from "./verification.js";

const CHECK: ReceiptFileCheck = {
  ...{ receipts: 0, entries: 0, checkpoints: [], faults: [], unsigned: 0, isPiece: false, isSignatureChecked: true },
};
const NOTHING_LEFT_OUT = { held: 0, notSearched: { tables: 0, sealed: 0, destroyed: 0, unreadable: 0, missing: 0 } };
const LOG = { receipts: 6, entries: 9, checkpoints: 2, unsigned: 0, faults: [], withoutReceipt: [] };
const looked = { records: 1_200, files: 3, bytes: 5_000 };

describe("what a verification has found", () => {
  it("is told in two lines when all is well", () => {
    expect(formatVerification({ ...LOG, looked, findings: [], ...NOTHING_LEFT_OUT }).split("\n")).toEqual([
      "6 receipts: the log is whole",
      "1,200 records and 3 files (5,000 bytes) looked through: nothing of an erased person is there",
    ]);
  });

  it("names each receipt and each place", () => {
    const text = formatVerification({
      ...LOG,
      unsigned: 2,
      faults: [{ sequence: 2, checkpoint: null, erasureId: "an id", fault: "its content does not fit its hash" }],
      looked,
      held: 3,
      notSearched: { tables: 0, sealed: 1, destroyed: 2, unreadable: 1, missing: 3 },
      findings: [
        { place: "warehouse.customers", name: "", records: 1 },
        { place: "archived_data", name: "a\nb.json", records: 2 },
      ],
    });
    expect(text.split("\n")).toEqual([
      "6 receipts: 1 fault in the log",
      "  entry 2 (erasure an id): its content does not fit its hash",
      "not yet under a signature: 2 entries",
      "1,200 records and 3 files (5,000 bytes) looked through: erased people are still in 2 places",
      "  warehouse.customers: 1 record",
      "  archived_data/a\\x0ab.json: 2 records",
      "3 records held until a person decides whose they are",
      "1 file not searched: encrypted, since nothing can read them",
      "2 files that nothing could search were destroyed by erasures",
      "1 file not searched: the disk does not give them",
      "3 files not searched: Lethe keeps them, and they are not there",
    ]);
  });

  it("claims no more of a receipt alone than can be seen from it", () => {
    const text = formatReceiptFileCheck({ ...CHECK, receipts: 1, entries: 1, unsigned: 1, isPiece: true });
    expect(text.split("\n")).toEqual([
      "1 receipt: the content fits the hash, and leads to the checkpoint where there is one",
      "not yet under a signature: 1 receipt",
    ]);
  });

  it("names a hundred faults, and how many more there are", () => {
    const faults = Array.from({ length: 103 }, (_, index) => `entry ${index + 1} of the file is no receipt`);
    const lines = formatReceiptFileCheck({ ...CHECK, faults }).split("\n");
    expect(lines).toHaveLength(1 + 100 + 1);
    expect(lines.at(-1)).toBe("  and 3 more");
  });
});
