import type { DefectName } from "./defects.js";
import { MAX_PRODUCTS } from "./options.js";
import { permute } from "./permutation.js";
import { below, between, createRandomForRecord, pick, type Random } from "./random.js";
import { CATEGORIES, PRODUCT_ADJECTIVES, PRODUCT_NOUNS } from "./words.js";

/** Defects that one product record can bear; each of them rejects it. */
export const PRODUCT_DEFECTS = [
  "null_product_name",
  "zero_price",
  "zero_popularity",
] as const satisfies readonly DefectName[];
export type ProductDefect = (typeof PRODUCT_DEFECTS)[number];

const FIRST_SKU = 10_000;
const ALL_SKUS = 90_000;

/** Returns the sku, five digits, of the product of an index. */
export function productSku(seed: number, index: number): number {
  return FIRST_SKU + permute(index, ALL_SKUS, seed);
}

/** Returns a sku that no generated product has. */
export function unknownSku(seed: number, random: Random): number {
  return productSku(seed, MAX_PRODUCTS + below(random, ALL_SKUS - MAX_PRODUCTS));
}

/** Returns the price in cents of the product of an index: 1.00 to 64.99. */
export function productCents(seed: number, index: number): number {
  return between(createRandomForRecord(seed, "product", index), 100, 6_499);
}

/** Returns an amount of cents as the source writes money: `1234` is `12.34`. */
export function moneyText(cents: number): string {
  const rest = cents % 100;
  return `${(cents - rest) / 100}.${rest < 10 ? "0" : ""}${rest}`;
}

/** Creates the record of the product of an index as a line of JSON, with the given defect in it. */
export function productLine(seed: number, index: number, defect: ProductDefect | undefined): string {
  const random = createRandomForRecord(seed, "product", index);
  const cents = between(random, 100, 6_499);
  const name = `${pick(random, PRODUCT_ADJECTIVES)} ${pick(random, PRODUCT_NOUNS)} ${between(random, 1, 99)}`;
  const category = pick(random, CATEGORIES);
  const popularity = between(random, 1, 9_999) / 10_000;
  return (
    `{"sku": ${productSku(seed, index)}, "name": ${defect === "null_product_name" ? "null" : `"${name}"`}, ` +
    `"price": "${moneyText(defect === "zero_price" ? 0 : cents)}", "category": "${category}", ` +
    `"popularity": ${defect === "zero_popularity" ? "0.0" : popularity}}`
  );
}
