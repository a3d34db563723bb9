import type { FileSink } from "./file-sink.js";
import type { Plan } from "./plan.js";
import { productLine } from "./product-record.js";

/** Writes the products' files, one at the first hour of each day that has new products. */
export async function writeProducts(plan: Plan, sink: FileSink): Promise<void> {
  for (const hour of plan.hours.keys()) {
    if (plan.products.before(hour) < plan.products.upTo(hour)) {
      await sink.write(hour, linesOfHour(plan, sink, hour));
    }
  }
}

function* linesOfHour(plan: Plan, sink: FileSink, hour: number): Generator<string> {
  for (let index = plan.products.before(hour); index < plan.products.upTo(hour); index++) {
    const defect = plan.productDefect(index);
    if (defect !== undefined) sink.tally.defects[defect]++;
    yield productLine(plan.options.seed, index, defect);
  }
}
