import { makeAddress } from "./address.js";
import type { DefectName } from "./defects.js";
import { moneyText } from "./product-record.js";
import { below, between, chance, createRandomForRecord, type Random, uuid } from "./random.js";

/** Defects that one transaction record can bear. */
export const TRANSACTION_DEFECTS = [
  "repeated_in_file",
  "unknown_customer",
  "wrong_total",
  "repeated_in_later_file",
  "unknown_sku",
  "broken_line",
  "unknown_field",
] as const satisfies readonly DefectName[];
export type TransactionDefect = (typeof TRANSACTION_DEFECTS)[number];

/** What a transaction refers to. Each function draws from the transaction's own stream. */
export interface Shop {
  /** An hour as transactions write it, `2020-01-31T05`; it is the file's own, or any in a single file. */
  hourText(random: Random): string;
  customerId(random: Random): string;
  unknownCustomerId(random: Random): string;
  /** How many different products can be bought, at least 1, and the one at a position in them. */
  readonly products: number;
  product(position: number): { readonly sku: number; readonly cents: number };
  unknownSku(random: Random): number;
}

/** Creates the transaction of an index as a line of JSON, with the given defect in it. */
export function transactionLine(
  seed: number,
  index: number,
  shop: Shop,
  defect: TransactionDefect | undefined,
): string {
  const random = createRandomForRecord(seed, "transaction", index);
  const id = uuid(random);
  const time = timeText(random, shop.hourText(random));
  const customer = defect === "unknown_customer" ? shop.unknownCustomerId(random) : shop.customerId(random);
  const to = makeAddress(random);
  const positions = differentPositions(random, Math.min(lineCount(random), shop.products), shop.products);

  let lines = "";
  let totalCents = 0;
  for (const [i, position] of positions.entries()) {
    const product = shop.product(position);
    const sku = defect === "unknown_sku" && i === 0 ? shop.unknownSku(random) : product.sku;
    const quantity = chance(random, 0.84) ? 1 : between(random, 2, 5);
    const cents = product.cents * quantity;
    totalCents += cents;
    lines +=
      `${i === 0 ? "" : ", "}{"sku": ${sku}, "quanitity": ${quantity}, ` +
      `"price": "${moneyText(product.cents)}", "total": "${moneyText(cents)}"}`;
  }
  const total = moneyText(defect === "wrong_total" ? totalCents + 100 : totalCents);
  const json =
    `{"transaction_id": "${id}", "transaction_time": "${time}", "customer_id": "${customer}", ` +
    `"delivery_address": {"address": "${to.address}", "postcode": "${to.postcode}", "city": "${to.city}", ` +
    `"country": "${to.country}"}, "purchases": {"products": [${lines}], "total_cost": "${total}"}` +
    `${defect === "unknown_field" ? ', "loyalty_card": "gold"' : ""}}`;
  return defect === "broken_line" ? json.slice(0, Math.floor(json.length * 0.6)) : json;
}

function timeText(random: Random, hour: string): string {
  const minute = String(below(random, 60)).padStart(2, "0");
  const second = String(below(random, 60)).padStart(2, "0");
  return `${hour}:${minute}:${second}.${String(below(random, 1_000_000)).padStart(6, "0")}`;
}

/** As in the source: most often one line, else up to ten; 3.07 on average. */
function lineCount(random: Random): number {
  const draw = below(random, 1_000);
  if (draw < 380) return 1;
  return draw < 884 ? between(random, 2, 5) : between(random, 6, 10);
}

function differentPositions(random: Random, count: number, limit: number): number[] {
  const positions: number[] = [];
  while (positions.length < count) {
    const position = below(random, limit);
    if (!positions.includes(position)) positions.push(position);
  }
  return positions;
}
