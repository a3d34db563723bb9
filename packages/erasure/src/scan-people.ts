import type { DatasetName } from "@lethe/contracts/datasets";
import type { ReceiptBody } from "@lethe/contracts/erasures";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { strategiesOf } from "@lethe/privacy/policy";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { ErasureContext } from "./context.js";
import { maskRow, type Row } from "./mask-row.js";
import { personTables, selectRows } from "./person-tables.js";
import { SCAN_QUARANTINED, SCAN_UNATTRIBUTED } from "./quarantine-statements.js";

type Scan = ReceiptBody["scan"];
type DatabaseContext = Pick<ErasureContext, "pool" | "policy" | "datasets" | "ring">;

/**
 * Looks through people's rows and quarantined records, known by their pseudonyms, for anything that masking has left: a row
 * that masking would still change, a column of such a row that nothing declares, a record that still names somebody on the
 * suppression list. Returns what was looked at and how much was found.
 */
export async function scanDatabase(
  context: DatabaseContext,
  pseudonyms: readonly string[],
  findSuppression: FindSuppression,
): Promise<Pick<Scan, "tables" | "records" | "findings">> {
  const rows = await scanRows(context, pseudonyms);
  const quarantined = await scanQuarantined(context, pseudonyms, findSuppression);
  return {
    // One of them is the quarantine.
    tables: rows.tables + 1,
    records: rows.records + quarantined.records,
    findings: rows.findings + quarantined.findings,
  };
}

async function scanRows({ pool, policy, datasets, ring }: DatabaseContext, pseudonyms: readonly string[]) {
  const scan = { tables: 0, records: 0, findings: 0 };
  for (const table of personTables(datasets)) {
    const strategies = strategiesOf(policy, table.dataset);
    const { text, values } = selectRows(table, pseudonyms);
    const { rows } = await pool.query<{ row: Row }>(text, [...values]);
    scan.tables += 1;
    scan.records += rows.length;
    for (const { row } of rows) {
      const isDeclared = Object.keys(row).every((column) => Object.hasOwn(table.declaration.columns, column));
      if (!isDeclared || maskRow(table, row, strategies, ring.current).values > 0) scan.findings += 1;
    }
  }
  return scan;
}

async function scanQuarantined(
  { pool, policy, datasets, ring }: DatabaseContext,
  pseudonyms: readonly string[],
  findSuppression: FindSuppression,
) {
  let findings = 0;
  const own = await pool.query<{ dataset: DatasetName; reason: string; payload: string }>(SCAN_QUARANTINED, [
    pseudonyms,
  ]);
  for (const { dataset, reason, payload } of own.rows) {
    if (reason === "unreadable") {
      // Of somebody, but not fit to be masked field by field: all of it should have gone.
      findings += 1;
      continue;
    }
    const record: unknown = JSON.parse(payload);
    const strategies = strategiesOf(policy, dataset);
    const masking = { outcome: "pseudonymise", key: ring.current, strategies, replacementOf: () => undefined } as const;
    if (countMaskedValues(record, datasets.get(dataset).mask(record, masking)) > 0) findings += 1;
  }
  const unattributed = await pool.query<{ payload: string; encoding: "utf8" | "base64" }>(SCAN_UNATTRIBUTED);
  for (const { payload, encoding } of unattributed.rows) {
    const text = Buffer.from(payload, encoding).toString("utf8");
    if (findMentionedPerson(text, findSuppression) !== undefined) findings += 1;
  }
  return { records: own.rows.length + unattributed.rows.length, findings };
}
