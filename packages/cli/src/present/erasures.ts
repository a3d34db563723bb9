import type { Erasure, ErasurePlace } from "@lethe/contracts/erasures";
import { formatCount, formatDays } from "@lethe/contracts/format-number";
import { formatTime } from "@lethe/contracts/format-time";
import { printable } from "@lethe/contracts/printable";
import type { ErasurePlan } from "@lethe/erasure/plan-erasure";
import { namePlace } from "@lethe/erasure/receipt-words";
import { formatFields } from "./fields.js";
import { formatNumberRanges } from "./number-ranges.js";
import { formatTable } from "./table.js";

/** Numbers of receipts, by erasure. */
export type ReceiptNumbers = ReadonlyMap<string, number>;

/** Formats erasures as a table, each with the number of its receipt. */
export function formatErasures(erasures: readonly Erasure[], numbers: ReceiptNumbers): string {
  return formatTable(
    [
      { title: "id" },
      { title: "state" },
      { title: "pseudonym" },
      { title: "found" },
      { title: "received" },
      { title: "days open", align: "right" },
      { title: "days left", align: "right" },
      { title: "due" },
      { title: "receipt", align: "right" },
      ...(erasures.some(({ failure }) => failure !== undefined) ? [{ title: "held up" }] : []),
    ],
    erasures.map((erasure) => [
      erasure.id,
      erasure.state,
      erasure.pseudonym,
      erasure.found ? "yes" : "no",
      formatTime(erasure.receivedAt),
      formatDays(erasure.daysOpen),
      erasure.daysLeft === null ? "" : formatDays(erasure.daysLeft),
      formatTime(erasure.due),
      String(numbers.get(erasure.id) ?? ""),
      ...(erasures.some(({ failure }) => failure !== undefined)
        ? [erasure.failure === undefined ? "" : describeFailure(erasure.failure)]
        : []),
    ]),
  );
}

/** Formats one erasure: its state, how long it took or has left, and what was masked so far. */
export function formatErasure(
  erasure: Erasure,
  places: readonly ErasurePlace[],
  receiptNumber: number | undefined,
): string {
  const lines: readonly (readonly [string, string])[] = [
    ["erasure", erasure.id],
    ["state", erasure.state],
    ["pseudonym", erasure.pseudonym],
    ["known when asked", erasure.found ? "yes" : "no"],
    ["policy", printable(erasure.policyVersion)],
    ["run", erasure.runId],
    ["requested", formatTime(erasure.requestedAt)],
    ["received", formatTime(erasure.receivedAt)],
    ["suppressed", formatTime(erasure.suppressedAt)],
    ["completed", erasure.completedAt === null ? "not yet" : formatTime(erasure.completedAt)],
    ["days open", formatDays(erasure.daysOpen)],
    ...(erasure.daysLeft === null ? [] : [["days left", formatDays(erasure.daysLeft)] as const]),
    ["due", `${formatTime(erasure.due)}${erasure.isExtended ? " (extended)" : ""}`],
    ["receipt", receiptNumber === undefined ? "not yet" : `number ${receiptNumber}`],
    ...(erasure.failure === undefined ? [] : [["held up", describeFailure(erasure.failure)] as const]),
  ];
  const table = places.length === 0 ? "nothing was masked so far" : formatPlaces(places);
  return [formatFields(lines), "", table].join("\n");
}

/** Describes what keeps an erasure from being completed, and when it is tried again. */
function describeFailure({ attempts, errorCode, nextAttemptAt, ...where }: NonNullable<Erasure["failure"]>): string {
  const times = attempts === 1 ? "once" : `${formatCount(attempts)} times`;
  return `${printable(errorCode)} at ${namePlace(where)}, tried ${times}, again ${formatTime(nextAttemptAt)}`;
}

/** Formats as a table what was masked where. */
export function formatPlaces(places: readonly ErasurePlace[]): string {
  return formatTable(
    [{ title: "place" }, { title: "records", align: "right" }, { title: "values", align: "right" }],
    places.map((place) => [namePlace(place), formatCount(place.records), formatCount(place.values)]),
  );
}

const IDENTITIES: Readonly<Record<ErasurePlan["identity"], string>> = {
  match: "The email is the customer's: a request would be carried out.",
  mismatch: "The email is not the customer's: nothing would be erased before a person approves the request.",
  unknown: "There is no such customer. What else there is would be masked, and whatever comes later.",
};

/** Formats what an erasure would reach. */
export function formatPlan({ identity, places }: ErasurePlan): string {
  const table = formatTable(
    [{ title: "place" }, { title: "records", align: "right" }],
    places.map((place) => [namePlace(place), formatCount(place.records)]),
  );
  return `${IDENTITIES[identity]}\n\n${places.length === 0 ? "No record is kept of this person." : table}`;
}

/**
 * Summarizes what became of a run's erasures: `erasures: 6 completed, receipts 1 to 6`. Returns an empty text for no
 * erasures.
 */
export function summarizeErasures(erasures: readonly Erasure[], numbers: ReceiptNumbers): string {
  if (erasures.length === 0) return "";
  const receipts = erasures.flatMap(({ id }) => numbers.get(id) ?? []);
  const open = erasures.filter(({ state }) => state === "suppressed").length;
  const parts = [`${formatCount(erasures.length - open)} completed`];
  if (receipts.length > 0)
    parts.push(`${receipts.length === 1 ? "receipt" : "receipts"} ${formatNumberRanges(receipts)}`);
  if (open > 0) parts.push(`${formatCount(open)} still open`);
  return `erasures: ${parts.join(", ")}`;
}
