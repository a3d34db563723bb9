import { describe, expect, it } from "vitest";
import { sampleReceipts } from "../../test/sample-receipt.js";
import { formatReceiptFileCheck, formatVerification } from "./verification.js";

const looked = { records: 1_200, files: 3, bytes: 5_000 };

describe("what a verification has found", () => {
  it("is told in two lines when all is well", () => {
    expect(
      formatVerification({ receipts: 6, faults: [], withoutReceipt: [], looked, findings: [] }).split("\n"),
    ).toEqual([
      "6 receipts: the chain is whole",
      "1,200 records and 3 files (5,000 bytes) looked through: nothing of an erased person is there",
    ]);
  });

  it("names each receipt and each place", () => {
    const text = formatVerification({
      receipts: 6,
      faults: [{ sequence: 2, erasureId: "an id", fault: "its content does not fit its hash" }],
      withoutReceipt: [],
      looked,
      findings: [
        { place: "warehouse.customers", name: "", records: 1 },
        { place: "archived_data", name: "a\nb.json", records: 2 },
      ],
    });
    expect(text.split("\n")).toEqual([
      "6 receipts: 1 fault in the chain",
      "  receipt 2 (erasure an id): its content does not fit its hash",
      "1,200 records and 3 files (5,000 bytes) looked through: erased people are still in 2 places",
      "  warehouse.customers: 1 record",
      "  archived_data/a\\x0ab.json: 2 records",
    ]);
  });

  it("claims no more of a receipt alone than can be seen from it", () => {
    const text = formatReceiptFileCheck({ receipts: sampleReceipts(1), faults: [] });
    expect(text).toContain("its content fits its hash");
    expect(text).not.toContain("chain");
  });

  it("names a hundred faults, and how many more there are", () => {
    const faults = Array.from({ length: 103 }, (_, index) => `entry ${index + 1} of the file is no receipt`);
    const lines = formatReceiptFileCheck({ receipts: [], faults }).split("\n");
    expect(lines).toHaveLength(1 + 100 + 1);
    expect(lines.at(-1)).toBe("  and 3 more");
  });
});
