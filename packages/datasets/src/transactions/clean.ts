import { REJECT_REASONS } from "@lethe/contracts/reject-reasons";
import { toCountryCode } from "../cleaning/country.js";
import { multiplyMoney, parseMoney, withoutSignOfZero } from "../cleaning/money.js";
import { cleanAddress, cleanPostcode, cleanText } from "../cleaning/text.js";
import { parseInstant } from "../cleaning/timestamp.js";
import type { Rejection } from "../dataset.js";
import { schemaRejection } from "../schema-check.js";
import type { RawTransaction } from "./schema.js";

export interface CleanTransaction {
  readonly transaction_id: string;
  readonly transaction_time: string;
  /** Whether the input's time was finer than that. */
  readonly isTimeCut?: boolean;
  readonly customer_id: string;
  readonly delivery_address: CleanAddress;
  readonly purchases: readonly PurchaseLine[];
  readonly total_cost: string;
}

export interface CleanAddress {
  readonly address: string | null;
  readonly postcode: string | null;
  readonly city: string | null;
  readonly country: string | null;
  readonly country_code: string | null;
}

/** A delivery address as the input has it or as masking has left it: any field may be gone. */
export type MaskableAddress = { readonly [F in keyof RawTransaction["delivery_address"]]?: string | null };

export interface PurchaseLine {
  readonly sku: number;
  readonly quantity: number;
  readonly price: string;
  readonly total: string;
}

/**
 * Cleans a transaction of the right schema. Returns a rejection for a time that is none, a line without quantity (or with
 * two that differ), an amount too large to be exact, or lines that do not add up to the total cost.
 */
export function cleanTransaction(raw: RawTransaction): CleanTransaction | Rejection {
  const time = parseInstant(raw.transaction_time);
  if ("problem" in time) return schemaRejection("/transaction_time", time.problem);
  const lines: PurchaseLine[] = [];
  let sum = 0;
  for (let i = 0; i < raw.purchases.products.length; i++) {
    const product = raw.purchases.products[i];
    if (product === undefined) break;
    const quantity = product.quanitity ?? product.quantity;
    if (quantity === undefined) return schemaRejection(quantityOf(i), "is missing");
    if (product.quantity !== undefined && product.quantity !== quantity) {
      return schemaRejection(quantityOf(i), "differs from the field quanitity");
    }
    const amount = multiplyMoney(parseMoney(product.price), quantity);
    if (amount === undefined || !Number.isSafeInteger(sum + amount)) {
      return schemaRejection(quantityOf(i), "makes an amount that is too large");
    }
    sum += amount;
    lines.push({ sku: product.sku, quantity, price: product.price, total: withoutSignOfZero(product.total) });
  }
  if (sum !== parseMoney(raw.purchases.total_cost)) return TOTAL_MISMATCH;
  return {
    transaction_id: raw.transaction_id.toLowerCase(),
    transaction_time: time.instant,
    isTimeCut: time.isCut,
    customer_id: raw.customer_id,
    delivery_address: cleanDeliveryAddress(raw.delivery_address),
    purchases: lines,
    total_cost: withoutSignOfZero(raw.purchases.total_cost),
  };
}

/** Returns the rejection of a transaction that gives money or goods back, or of which a line is of nothing; otherwise undefined. */
export function findRefund({ purchases: { products, total_cost } }: RawTransaction): Rejection | undefined {
  for (let i = 0; i < products.length; i++) {
    const line = products[i];
    if (line === undefined) break;
    const spelling = line.quanitity === undefined ? "quantity" : "quanitity";
    if ((line[spelling] ?? 1) <= 0) return refund(`/purchases/products/${i}/${spelling}`);
    if (isNegative(line.total)) return refund(`/purchases/products/${i}/total`);
  }
  return isNegative(total_cost) ? refund("/purchases/total_cost") : undefined;
}

function isNegative(amount: string): boolean {
  return amount.startsWith("-") && parseMoney(amount) < 0;
}

function refund(pointer: string): Rejection {
  return { reason: "refund", pointer, message: REJECT_REASONS.refund, missingKey: null };
}

/** Cleans an address and adds the country's code. */
export function cleanDeliveryAddress(raw: MaskableAddress): CleanAddress {
  const country = cleanText(raw.country ?? null);
  return {
    address: cleanAddress(raw.address ?? null),
    postcode: cleanPostcode(raw.postcode ?? null),
    city: cleanText(raw.city ?? null),
    country,
    country_code: toCountryCode(country),
  };
}

function quantityOf(line: number): string {
  return `/purchases/products/${line}/quantity`;
}

const TOTAL_MISMATCH: Rejection = {
  reason: "total_mismatch",
  pointer: "/purchases/total_cost",
  message: "the lines' price times quantity does not add up to the total cost",
  missingKey: null,
};
