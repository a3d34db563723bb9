import { customerLine } from "./customer-record.js";
import type { FileSink } from "./file-sink.js";
import type { Plan } from "./plan.js";

/** Writes the customers' files. Who comes again does so one file later. */
export async function writeCustomers(plan: Plan, sink: FileSink): Promise<void> {
  let due: number[] = [];
  for (const hour of plan.hours.keys()) {
    if (hour === plan.emptyFileHour) {
      await sink.write(hour, []);
      sink.tally.defects.empty_file++;
      continue;
    }
    if (plan.customers.before(hour) === plan.customers.upTo(hour) && due.length === 0) continue;
    const again: number[] = [];
    await sink.write(hour, linesOfHour(plan, sink, hour, due, again));
    due = again;
  }
}

function* linesOfHour(plan: Plan, sink: FileSink, hour: number, due: number[], again: number[]): Generator<string> {
  for (let index = plan.customers.before(hour); index < plan.customers.upTo(hour); index++) {
    const defect = plan.customerDefect(index);
    yield oneLine(plan, sink, index, false);
    if (defect === "newer_customer" || defect === "repeated_customer") {
      again.push(index);
    } else if (defect !== undefined) {
      sink.tally.defects[defect]++;
    }
  }
  const isLastHour = hour === plan.hours.length - 1;
  for (const index of isLastHour ? [...due, ...again] : due) {
    const defect = plan.customerDefect(index);
    yield oneLine(plan, sink, index, defect === "newer_customer");
    if (defect !== undefined) sink.tally.defects[defect]++;
  }
}

function oneLine(plan: Plan, sink: FileSink, index: number, newer: boolean): string {
  const { seed, startDate } = plan.options;
  const { json, traits } = customerLine(seed, index, startDate, plan.customerDefect(index), newer);
  if (traits.leading_zero_id) sink.tally.defects.leading_zero_id++;
  if (traits.address_newline) sink.tally.defects.address_newline++;
  return json;
}
