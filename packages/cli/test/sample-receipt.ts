import type { Receipt, ReceiptBody } from "@lethe/contracts/erasures";
import type { LogEntry } from "@lethe/contracts/proof";
import { chainHash, hashContent } from "@lethe/warehouse/proof/hash-entry";

/** The body of a receipt of somebody who stood in a table and a file; give what a test wants otherwise. */
export function sampleReceiptBody(changes: Partial<ReceiptBody> = {}): ReceiptBody {
  return {
    erasureId: "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10",
    pseudonym: "p_92b97d5c172b3b29aaab",
    keyId: "1a2b3c4d",
    policyVersion: "1",
    outcome: "pseudonymise",
    found: true,
    requestedAt: "2022-03-01T01:00:00.000Z",
    receivedAt: "2022-03-02T00:00:00.000Z",
    suppressedAt: "2022-03-02T00:00:01.000Z",
    completedAt: "2022-03-03T12:00:00.000Z",
    places: [
      { place: "archived_data", name: "date=2022-02-01/hour=01/customers.json.gz", records: 1, values: 10 },
      { place: "warehouse.customers", name: "", records: 1, values: 13 },
    ],
    vacuumedAt: "2022-03-03T11:59:00.000Z",
    scan: { tables: 4, records: 1_200, files: 1, bytes: 34_567, findings: 0 },
    ...changes,
  };
}

/** An entry with the hash that its content needs. */
export function chainEntry(previousHash: string, content: Omit<LogEntry, "hash" | "previousHash">): LogEntry {
  return { ...content, previousHash, hash: chainHash(previousHash, hashContent(content)) };
}

/** A receipt that no checkpoint covers yet. */
export function sampleReceipt(changes: Partial<ReceiptBody> = {}): Receipt {
  const body = sampleReceiptBody(changes);
  const { hash, previousHash, sequence, createdAt } = chainEntry("a3".repeat(32), {
    ...{ sequence: 3, kind: "receipt", createdAt: "2022-03-03T12:00:01.000Z", body },
  });
  return { sequence, body, createdAt, previousHash, hash, checkpoint: null, links: [], reapplied: [] };
}
