import { asItIs, identifying, neutral, personal, shown, type TableDeclaration } from "@lethe/contracts/data-map";
import { toCountryCode } from "../cleaning/country.js";

const TRANSACTION = { table: "warehouse.transactions", key: "transaction_key" } as const;

/** What was bought, when and for how much is about a person only as long as `customer_id` says whom. */
export const TRANSACTION_TABLES: readonly TableDeclaration[] = [
  {
    name: TRANSACTION.table,
    title: "Purchases: the customer’s number",
    primaryKey: "transaction_id",
    columns: {
      ...shown("transaction_id transaction_time"),
      customer_id: identifying("customer-id", {
        field: "customer_id",
        follows: { table: "warehouse.customers", column: "id" },
        analytics: "customer",
      }),
      ...shown("total_cost transaction_key"),
      ...neutral("source_file_id"),
    },
    sourceFile: "source_file_id",
    analyticsView: "transactions",
    rights: {
      scheduler: "select",
      loader: "select, insert, update",
      merger: "select (transaction_id, transaction_key), insert",
    },
  },
  {
    name: "warehouse.delivery_addresses",
    title: "Delivery addresses",
    primaryKey: "transaction_key",
    columns: {
      ...neutral("transaction_key transaction_id"),
      address: personal("delivery_address.address"),
      postcode: personal("delivery_address.postcode"),
      city: personal("delivery_address.city"),
      country: personal("delivery_address.country", { analytics: asItIs("delivery_country") }),
      country_code: personal("delivery_address.country", {
        derived: true,
        analytics: asItIs("delivery_country_code"),
      }),
    },
    belongsTo: TRANSACTION,
    derive: ({ country }) => ({ country_code: typeof country === "string" ? toCountryCode(country) : null }),
    analyticsView: "transactions",
    rights: {
      scheduler: "select",
      loader: "select, insert, update",
      merger: "insert",
    },
  },
  {
    name: "warehouse.purchases",
    title: "What was bought",
    primaryKey: "transaction_key, line",
    columns: shown("transaction_id line sku quantity price total transaction_key"),
    belongsTo: TRANSACTION,
    analyticsView: "purchases",
    rights: { scheduler: "select", loader: "select, insert", merger: "insert" },
  },
];
