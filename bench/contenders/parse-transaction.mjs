import { toCountryCode } from "@lethe/datasets/cleaning/country";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$/;
const CUSTOMER_ID = /^\d{6}$/;
const MONEY = /^\d+(\.\d{1,2})?$/;

/** Parses, validates and cleans a line as a team's first loader would. Throws TypeError when it is not a transaction. */
export function parseTransaction(line) {
  const raw = JSON.parse(line);
  requireThat(UUID.test(raw.transaction_id), "transaction_id");
  requireThat(TIME.test(raw.transaction_time), "transaction_time");
  requireThat(CUSTOMER_ID.test(raw.customer_id), "customer_id");
  requireThat(Array.isArray(raw.purchases?.products) && raw.purchases.products.length > 0, "products");
  const lines = raw.purchases.products.map(parseLine);
  const sum = lines.reduce((cents, { price, quantity }) => cents + toCents(price) * quantity, 0);
  requireThat(MONEY.test(raw.purchases.total_cost) && sum === toCents(raw.purchases.total_cost), "total_cost");
  return {
    id: raw.transaction_id.toLowerCase(),
    time: `${raw.transaction_time}Z`,
    customerId: raw.customer_id,
    totalCost: raw.purchases.total_cost,
    address: parseAddress(raw.delivery_address),
    lines,
  };
}

function parseLine(product) {
  const quantity = product.quantity ?? product.quanitity;
  requireThat(Number.isInteger(product.sku), "sku");
  requireThat(Number.isInteger(quantity) && quantity > 0, "quantity");
  requireThat(MONEY.test(product.price) && MONEY.test(product.total), "price");
  return { sku: product.sku, quantity, price: product.price, total: product.total };
}

function parseAddress(raw) {
  const country = clean(raw.country);
  return {
    address: clean(raw.address),
    postcode: clean(raw.postcode),
    city: clean(raw.city),
    country,
    countryCode: toCountryCode(country),
  };
}

function clean(text) {
  return text?.trim() ?? null;
}

function toCents(money) {
  const [whole, part = ""] = money.split(".");
  return Number(whole) * 100 + Number(part.padEnd(2, "0"));
}

function requireThat(holds, field) {
  if (!holds) throw new TypeError(`${field} is missing or wrong`);
}
