import type { DatasetName } from "@lethe/contracts/datasets";
import type { ReceiptBody } from "@lethe/contracts/erasures";
import { maskCustomer } from "@lethe/datasets/customers/mask";
import {
  SCAN_ADDRESSES,
  SCAN_CUSTOMERS,
  SCAN_QUARANTINED,
  SCAN_UNATTRIBUTED,
} from "@lethe/datasets/erasure-requests/scan-records";
import type { MaskableAddress } from "@lethe/datasets/transactions/clean";
import { maskDeliveryAddress } from "@lethe/datasets/transactions/mask";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { maskRecord } from "@lethe/privacy/mask-record";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { ErasureContext } from "./context.js";
import type { PersonFile } from "./person-files.js";
import { scanFile } from "./scan-file.js";

type Scan = ReceiptBody["scan"];

/**
 * Looks through a person's records and files for anything that masking has left: a row that masking would still change,
 * a record that still names somebody on the suppression list. Returns what was looked at and how much was found.
 */
export async function scanPeople(
  context: ErasureContext,
  pseudonyms: readonly string[],
  files: readonly PersonFile[],
  findSuppression: FindSuppression,
): Promise<Scan> {
  const rows = await scanRows(context, pseudonyms, findSuppression);
  const scan = { tables: SCANNED_TABLES, records: rows.records, files: 0, bytes: 0, findings: rows.findings };
  for (const file of files) {
    const { records, bytes, findings } = await scanFile(context, file, findSuppression);
    scan.files += 1;
    scan.records += records;
    scan.bytes += bytes;
    scan.findings += findings;
  }
  return scan;
}

/** customers, customers_history, delivery_addresses, quarantine. */
const SCANNED_TABLES = 4;

async function scanRows(context: ErasureContext, pseudonyms: readonly string[], findSuppression: FindSuppression) {
  const { pool, policy } = context;
  const key = context.ring.current;
  let findings = 0;
  const customers = await pool.query<{ customer: Record<string, unknown> }>(SCAN_CUSTOMERS, [pseudonyms]);
  for (const { customer } of customers.rows) {
    const after = maskCustomer(customer, policy.datasets.customers, key);
    const before = Object.fromEntries(Object.keys(after).map((field) => [field, customer[field]]));
    if (countMaskedValues(before, after) > 0) findings += 1;
  }
  const addresses = await pool.query<{ address: MaskableAddress }>(SCAN_ADDRESSES, [pseudonyms]);
  for (const { address } of addresses.rows) {
    if (countMaskedValues(address, maskDeliveryAddress(address, policy.datasets.transactions, key)) > 0) findings += 1;
  }
  const quarantined = await pool.query<{ dataset: DatasetName; reason: string; payload: string }>(SCAN_QUARANTINED, [
    pseudonyms,
  ]);
  for (const { dataset, reason, payload } of quarantined.rows) {
    if (reason === "unreadable") {
      // Of somebody, but not fit to be masked field by field: all of it should have gone.
      findings += 1;
      continue;
    }
    const record: unknown = JSON.parse(payload);
    if (countMaskedValues(record, maskRecord(record, policy.datasets[dataset], key)) > 0) findings += 1;
  }
  const unattributed = await pool.query<{ payload: string; encoding: "utf8" | "base64" }>(SCAN_UNATTRIBUTED);
  for (const { payload, encoding } of unattributed.rows) {
    const text = Buffer.from(payload, encoding).toString("utf8");
    if (findMentionedPerson(text, findSuppression) !== undefined) findings += 1;
  }
  const records = customers.rows.length + addresses.rows.length + quarantined.rows.length + unattributed.rows.length;
  return { records, findings };
}
