import {
  asItIs,
  identifying,
  neutral,
  personal,
  shown,
  type TableDeclaration,
  unlinked,
  unlinkedAndShown,
} from "@lethe/contracts/data-map";
import { toCountryCode } from "../cleaning/country.js";

const TRANSACTION = { table: "warehouse.transactions", key: "transaction_key" } as const;

/** What was bought, when and for how much is about a person only as long as `customer_id` says whom. */
export const TRANSACTION_TABLES: readonly TableDeclaration[] = [
  {
    name: TRANSACTION.table,
    title: "Purchases: the customer’s number",
    primaryKey: "transaction_id",
    columns: {
      ...unlinkedAndShown("record-id", "transaction_id"),
      ...unlinkedAndShown("day", "transaction_time"),
      customer_id: identifying("customer-id", {
        field: "customer_id",
        follows: { table: "warehouse.customers", column: "id" },
        analytics: "customer",
      }),
      ...shown("total_cost transaction_key"),
      ...unlinked("nothing", "source_file_id"),
    },
    sourceFile: "source_file_id",
    analyticsView: "transactions",
    rights: {
      scheduler: "select",
      loader: "select, insert, update, delete",
      merger: "select (transaction_id, transaction_key, transaction_time, customer_id, total_cost), insert",
    },
  },
  {
    name: "warehouse.delivery_addresses",
    title: "Delivery addresses",
    primaryKey: "transaction_key",
    columns: {
      ...neutral("transaction_key"),
      ...unlinked("record-id", "transaction_id"),
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
      loader: "select, insert, update, delete",
      merger: "select (transaction_key, address, postcode, city, country, country_code), insert",
    },
  },
  {
    name: "warehouse.purchases",
    title: "What was bought",
    primaryKey: "transaction_key, line",
    columns: {
      ...unlinkedAndShown("record-id", "transaction_id"),
      ...shown("line sku quantity price total transaction_key"),
    },
    belongsTo: TRANSACTION,
    analyticsView: "purchases",
    rights: {
      scheduler: "select",
      loader: "select, insert, update, delete",
      merger: "select (transaction_key, line, sku, quantity, price, total), insert",
    },
  },
  // The outcome `aggregate` leaves sums alone. In the views as many rows as were folded stand for them, so that counts stay what
  // they are: the first of a group bears its amount, all others are zero. The two views join by a key below zero.
  {
    name: "warehouse.erased_sales_days",
    title: "Sales of erased people, by day and country",
    primaryKey: "sales_key",
    columns: neutral("sales_key day country country_code transactions total_cost"),
    adds: [
      {
        view: "transactions",
        from: "warehouse.erased_sales_days d cross join lateral generate_series(1, d.transactions) n",
        columns: {
          transaction_time: "d.day::timestamp at time zone 'UTC'",
          total_cost: "case when n = 1 then d.total_cost else 0 end",
          delivery_country: "d.country",
          delivery_country_code: "d.country_code",
          transaction_key: "case when n = 1 then -d.sales_key end",
        },
      },
    ],
    rights: { loader: "select, insert, update", merger: "select, insert, update" },
  },
  {
    name: "warehouse.erased_sales",
    title: "Sales of erased people, by product",
    primaryKey: "sales_key, sku",
    columns: neutral("sales_key sku lines quantity total"),
    adds: [
      {
        view: "purchases",
        from: "warehouse.erased_sales s cross join lateral generate_series(1, s.lines) n",
        columns: {
          sku: "s.sku",
          // Below zero, too, the parts add up: the whole is cut downwards, and what is left is given to the first ones.
          quantity: `(floor(s.quantity::numeric / s.lines)
                     + case when n <= mod(mod(s.quantity, s.lines) + s.lines, s.lines) then 1 else 0 end)::integer`,
          total: "case when n = 1 then s.total else 0 end",
          transaction_key: "-s.sales_key",
        },
      },
    ],
    rights: { loader: "select, insert, update", merger: "select, insert, update" },
  },
];
