import { type CustomerDefect, customerEmail, customerId } from "./customer-record.js";
import type { FileSink } from "./file-sink.js";
import type { Plan } from "./plan.js";

/** Writes the erasure requests of one hour: one file, and its twin in the other format where one request comes again. */
export async function writeErasureRequests(plan: Plan, sink: FileSink): Promise<void> {
  const { seed, format, defectRate } = plan.options;
  // In the very first hour hardly anyone is there yet; then whoever comes later may ask as well.
  const reach = plan.erasureHour === 0 ? plan.options.customers : plan.customers.upTo(plan.erasureHour);
  const lines = forgottenCustomers(plan, reach).map((index) => requestLine(seed, index, customerEmail(seed, index)));
  const repeated = lines[0];

  const mistaken = firstWith(plan, reach, "long_phone");
  if (mistaken !== undefined) {
    lines.push(requestLine(seed, mistaken, "someone.else@example.org"));
    sink.tally.defects.request_email_mismatch++;
  }
  const rejected = firstWith(plan, reach, "null_first_name");
  if (rejected !== undefined) {
    lines.push(requestLine(seed, rejected, customerEmail(seed, rejected)));
    sink.tally.defects.request_of_rejected_customer++;
  }
  if (lines.length > 0) await sink.write(plan.erasureHour, lines);

  if (defectRate > 0 && repeated !== undefined) {
    const otherFormat = format === "json" ? "json.gz" : "json";
    await sink.write(plan.erasureHour, [repeated], otherFormat);
    sink.tally.defects.repeated_request++;
  }
}

function requestLine(seed: number, index: number, email: string): string {
  return `{"customer-id": "${customerId(seed, index)}", "email": "${email}"}`;
}

/**
 * Chooses who asks to be forgotten: someone with a history, someone whose email needs cleaning, then others spread
 * over all. Fewer than asked for when there are not enough.
 */
function forgottenCustomers(plan: Plan, reach: number): number[] {
  const wanted = plan.options.erasureRequests;
  const chosen = [firstWith(plan, reach, "newer_customer"), firstWith(plan, reach, "untidy_email")]
    .filter((index) => index !== undefined)
    .slice(0, wanted);
  const stride = Math.max(1, Math.floor(reach / Math.max(1, wanted)));
  for (let start = 0; start < reach && chosen.length < wanted; start += stride) {
    const index = firstWith(plan, Math.min(start + stride, reach), undefined, start);
    if (index !== undefined) chosen.push(index);
  }
  return chosen;
}

function firstWith(plan: Plan, end: number, defect: CustomerDefect | undefined, start = 0): number | undefined {
  for (let index = start; index < end; index++) {
    if (plan.customerDefect(index) === defect) return index;
  }
  return undefined;
}
