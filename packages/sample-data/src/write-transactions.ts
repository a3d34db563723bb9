import { customerId, unknownCustomerId } from "./customer-record.js";
import type { FileSink } from "./file-sink.js";
import { isSoundCustomer, type Plan } from "./plan.js";
import { productCents, productSku, unknownSku } from "./product-record.js";
import { below, type Random } from "./random.js";
import { type Shop, transactionLine } from "./transaction-record.js";

/** Records of the file that is cut off; they come on top of the transactions asked for. */
const TORN_FILE_RECORDS = 12;

/** A transaction to be written once more, with the shop as it was. */
interface Repeat {
  readonly index: number;
  readonly shop: Shop;
}

/** Writes the transactions' files. A transaction that comes again in a later file does so one file later. */
export async function writeTransactions(plan: Plan, sink: FileSink): Promise<void> {
  const shopAt = shopsByHour(plan);
  let due: Repeat[] = [];
  for (const hour of plan.hours.keys()) {
    const shop = shopAt(hour);
    if (hour === plan.tornFileHour) {
      await sink.writeTorn(hour, tornLines(plan, shop));
      sink.tally.defects.truncated_gzip++;
      continue;
    }
    if (plan.transactions.before(hour) === plan.transactions.upTo(hour) && due.length === 0) continue;
    const again: Repeat[] = [];
    await sink.write(hour, linesOfHour(plan, sink, hour, shop, { due, again }));
    due = again;
  }
}

function* linesOfHour(
  plan: Plan,
  sink: FileSink,
  hour: number,
  shop: Shop,
  { due, again }: { readonly due: readonly Repeat[]; readonly again: Repeat[] },
): Generator<string> {
  const { seed } = plan.options;
  const isLastHour = hour === plan.hours.length - 1;
  for (let index = plan.transactions.before(hour); index < plan.transactions.upTo(hour); index++) {
    const planned = plan.transactionDefect(index);
    const defect = planned === "repeated_in_later_file" && isLastHour ? "repeated_in_file" : planned;
    const line = transactionLine(seed, index, shop, defect);
    yield line;
    if (defect === "repeated_in_file") yield line;
    if (defect === "repeated_in_later_file") again.push({ index, shop });
    if (defect !== undefined) sink.tally.defects[defect]++;
  }
  for (const repeat of due) {
    yield transactionLine(seed, repeat.index, repeat.shop, "repeated_in_later_file");
  }
}

function* tornLines(plan: Plan, shop: Shop): Generator<string> {
  const first = plan.options.transactions;
  for (let index = first; index < first + TORN_FILE_RECORDS; index++) {
    yield transactionLine(plan.options.seed, index, shop, undefined);
  }
}

/**
 * Returns what can be bought, and by whom, at each hour: customers and products that have come by then and are sound.
 * Products are few and kept; customers are made again from their index. Hours are to be asked for in order.
 */
function shopsByHour(plan: Plan): (hour: number) => Shop {
  const { seed, layout } = plan.options;
  const hourTexts = plan.hours.map(({ date, hour }) => `${date}T${String(hour).padStart(2, "0")}`);
  const textOf = (hour: number): string => hourTexts[hour] ?? "";
  const sellable: { sku: number; cents: number }[] = [];
  let productsSeen = 0;

  return (hour) => {
    for (; productsSeen < plan.products.upTo(hour); productsSeen++) {
      if (plan.productDefect(productsSeen) === undefined) {
        sellable.push({ sku: productSku(seed, productsSeen), cents: productCents(seed, productsSeen) });
      }
    }
    const customers = plan.customers.upTo(hour);
    return {
      hourText: (random) => textOf(layout === "hourly" ? hour : below(random, plan.hours.length)),
      customerId: (random) => customerId(seed, soundCustomer(plan, random, customers)),
      unknownCustomerId: (random) => unknownCustomerId(seed, random),
      products: sellable.length,
      product: (position) => {
        const product = sellable[position];
        if (product === undefined) throw new RangeError(`there is no product at position ${position}`);
        return product;
      },
      unknownSku: (random) => unknownSku(seed, random),
    };
  };
}

/** Draws until the customer is sound; the first one always is. */
function soundCustomer(plan: Plan, random: Random, customers: number): number {
  for (;;) {
    const index = below(random, customers);
    if (isSoundCustomer(plan, index)) return index;
  }
}
