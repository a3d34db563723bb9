import { randomUUID } from "node:crypto";
import { recognisedCountry } from "../cleaning/country.js";
import { copyField, copyRow } from "../copy-text.js";
import type { RecordPlace } from "../dataset.js";
import type { DatasetDefinition } from "../define-dataset.js";
import * as field from "../field.js";
import {
  type CleanTransaction,
  cleanDeliveryAddress,
  cleanTransaction,
  findRefund,
  type MaskableAddress,
} from "./clean.js";
import { FOLD_TRANSACTIONS } from "./fold.js";
import { ERASED_STAGING, PURCHASE_STAGING, TRANSACTION_MERGE, TRANSACTION_STAGING } from "./merge.js";
import { type RawTransaction, SPELLINGS, TransactionSchema } from "./schema.js";
import { TRANSACTION_TABLES } from "./tables.js";
import { transactionJson } from "./transaction-json.js";

export const transactions: DatasetDefinition = {
  name: "transactions",
  description: "purchases of customers, line by line, with their delivery addresses",
  schedule: "0 * * * *",
  runsAfter: ["customers", "products"],
  contract: TransactionSchema,
  spellings: SPELLINGS,
  csv: { json: ["delivery_address", "purchases"] },
  fields: {
    transaction_id: field.recordId,
    transaction_time: field.instant,
    customer_id: field.customerId,
    "delivery_address.address": field.personalAddress,
    "delivery_address.postcode": field.personalPostcode,
    "delivery_address.city": field.personalText,
    // Sales by country stay what they are.
    "delivery_address.country": field.unlinkedTo(field.keptByDefault(field.personalText), recognisedCountry),
    // One field to the policy: what was bought, for how much.
    purchases: field.notPersonal,
  },
  checkFurther: (record) => findRefund(record as RawTransaction),
  accept(record, place, sinks) {
    const transaction = cleanTransaction(record as RawTransaction);
    if ("reason" in transaction) return { rejection: transaction };
    sinks[0]?.append(transactionRow(transaction, place));
    sinks[1]?.append(purchaseRows(transaction, place.ordinal));
    const { erased } = place;
    if (erased !== undefined) {
      const { recordHash, keyId, originalId, isFolded } = erased;
      const hash = `\\x${recordHash.toString("hex")}`;
      sinks[2]?.append(copyRow([place.ordinal, hash, keyId, originalId, String(place.masked), String(isFolded)]));
    }
    const processed = transactionJson(transaction);
    return transaction.isTimeCut ? { processed, warnings: ["time_cut"] } : { processed };
  },
  processed: {
    fields: { total_cost: "keep" },
    derive: (record) => ({
      ...record,
      delivery_address: cleanDeliveryAddress((record.delivery_address ?? {}) as MaskableAddress),
    }),
  },
  fold: FOLD_TRANSACTIONS,
  stagingTables: [TRANSACTION_STAGING, PURCHASE_STAGING, ERASED_STAGING],
  merge: TRANSACTION_MERGE,
  tables: TRANSACTION_TABLES,
  sample: ({ customerId, word }): RawTransaction => ({
    transaction_id: randomUUID(),
    transaction_time: "2020-01-31T05:06:07.123456",
    customer_id: customerId,
    delivery_address: {
      address: `${word("delivery house")}\n${word("delivery street")}`,
      postcode: word("delivery postcode"),
      city: word("delivery city"),
      country: "United Kingdom",
    },
    purchases: { products: [{ sku: 50_121, quanitity: 3, price: "4.99", total: "14.97" }], total_cost: "14.97" },
  }),
};

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
