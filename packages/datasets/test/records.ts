import { createDatasets } from "../src/create-datasets.js";

/** Stands in every field of free text, so that tests see where it comes out. */
export const MARKER = "MARKx7Jane";

/** Records that fit, as the input has them. */
export const CUSTOMER = {
  id: "013000",
  first_name: `${MARKER} first`,
  last_name: `${MARKER} last`,
  date_of_birth: "1980-05-17",
  email: `${MARKER}@example.org`,
  phone_number: "+44(0)808 157 0808",
  address: `${MARKER} street\nFlat 2`,
  city: `${MARKER} city`,
  country: "United Kingdom",
  postcode: "SW1A 1AA",
  last_change: "2020-01-31",
  segment: null,
};

export const PRODUCT = { sku: 50_121, name: "Tea", price: "4.99", category: "Food", popularity: 0.5 };

export const TRANSACTION = {
  transaction_id: "5F0C0D0E-6a54-4c0a-9a8e-0a5f6f0f3c11",
  transaction_time: "2020-01-31T05:06:07.123456",
  customer_id: "013000",
  delivery_address: {
    address: `${MARKER} street\nFlat 2`,
    postcode: "SW1A 1AA",
    city: `${MARKER} city`,
    country: "United Kingdom",
  },
  purchases: {
    products: [
      { sku: 50_121, quanitity: 3, price: "4.99", total: "14.97" },
      { sku: 50_122, quantity: 1, price: "0.10", total: "0.10" },
    ],
    total_cost: "15.07",
  },
};

export const ERASURE_REQUEST = { "customer-id": "013000", email: `${MARKER}@example.org` };

/** Datasets of which tests hold records of their own. */
export const NAMES = ["customers", "products", "transactions", "erasure-requests"] as const;

export const RECORDS = {
  customers: CUSTOMER,
  products: PRODUCT,
  transactions: TRANSACTION,
  "erasure-requests": ERASURE_REQUEST,
} as const;

export const datasets = createDatasets();
