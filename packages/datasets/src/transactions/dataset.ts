import { copyField } from "../copy-text.js";
import { csvJson, csvText } from "../csv-field.js";
import type { Dataset, RecordPlace } from "../dataset.js";
import { MASKABLE } from "../maskable.js";
import { customerIdOf, textFieldOf } from "../read-field.js";
import { shapeOf } from "../record-shape.js";
import { compileSchema } from "../schema-check.js";
import { type CleanTransaction, cleanTransaction } from "./clean.js";
import { maskTransaction } from "./mask.js";
import { PURCHASE_STAGING, TRANSACTION_MERGE, TRANSACTION_STAGING } from "./merge.js";
import { type RawTransaction, SPELLINGS, TransactionSchema } from "./schema.js";
import { transactionJson } from "./transaction-json.js";

/** Creates the transactions dataset. */
export function createTransactions(): Dataset {
  const schema = compileSchema(TransactionSchema);
  return {
    name: "transactions",
    fields: {
      transaction_id: MASKABLE.kept,
      transaction_time: MASKABLE.kept,
      customer_id: MASKABLE.customerId,
      "delivery_address.address": MASKABLE.text,
      "delivery_address.postcode": MASKABLE.postcode,
      "delivery_address.city": MASKABLE.text,
      "delivery_address.country": MASKABLE.text,
      // One field to the policy: what was bought, for how much.
      purchases: MASKABLE.kept,
    },
    fenced: true,
    maskedReasons: [],
    shape: shapeOf(TransactionSchema, SPELLINGS),
    fromCsv: (row) => ({
      ...Object.fromEntries(Object.entries(row).map(([name, field]) => [name, csvText(field)])),
      ...("delivery_address" in row && { delivery_address: csvJson(row.delivery_address) }),
      ...("purchases" in row && { purchases: csvJson(row.purchases) }),
    }),
    subjectOf: (record) => ({ customerId: customerIdOf(record, "customer_id"), email: null }),
    check: (record) => (schema.fits(record) ? undefined : schema.explain(record)),
    identityOf: (record) => textFieldOf(record, "transaction_id")?.toLowerCase() ?? null,
    accept(record, place, sinks) {
      const transaction = cleanTransaction(record as RawTransaction);
      if ("reason" in transaction) return { rejection: transaction };
      sinks[0]?.append(transactionRow(transaction, place));
      sinks[1]?.append(purchaseRows(transaction, place.ordinal));
      return { processed: transactionJson(transaction) };
    },
    maskProcessed: (record, strategies, key) => maskTransaction(record as CleanTransaction, strategies, key),
    stagingTables: [TRANSACTION_STAGING, PURCHASE_STAGING],
    merge: TRANSACTION_MERGE,
  };
}

// These two are the pipeline's innermost loop. Only free text can hold a character that COPY would misread: ids, numbers
// and times have been checked to be made of harmless ones.
function transactionRow(t: CleanTransaction, place: RecordPlace): string {
  const a = t.delivery_address;
  return `${place.ordinal}\t${place.fileId}\t${t.transaction_id}\t${t.transaction_time}\t${t.customer_id}\t${t.total_cost}\t${copyField(a.address)}\t${copyField(a.postcode)}\t${copyField(a.city)}\t${copyField(a.country)}\t${copyField(a.country_code)}\n`;
}

function purchaseRows(t: CleanTransaction, ordinal: number): string {
  const head = `${ordinal}\t`;
  let rows = "";
  for (let i = 0; i < t.purchases.length; i++) {
    const line = t.purchases[i];
    if (line !== undefined) rows += `${head}${i + 1}\t${line.sku}\t${line.quantity}\t${line.price}\t${line.total}\n`;
  }
  return rows;
}
