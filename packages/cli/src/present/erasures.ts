import type { Erasure, ErasurePlace } from "@lethe/contracts/erasures";
import type { ErasurePlan } from "@lethe/erasure/plan-erasure";
import type { Verification } from "@lethe/erasure/verify-erasures";
import { formatCount, formatTable } from "./table.js";

/** Lays erasures out as a table; none names anybody but by pseudonym. */
export function formatErasures(erasures: readonly Erasure[]): string {
  return formatTable(
    [
      { title: "erasure" },
      { title: "state" },
      { title: "pseudonym" },
      { title: "found" },
      { title: "received" },
      { title: "days open", align: "right" },
      { title: "days left", align: "right" },
    ],
    erasures.map((erasure) => [
      erasure.id,
      erasure.state,
      erasure.pseudonym,
      erasure.found ? "yes" : "no",
      erasure.receivedAt.replace(/\.\d+Z$/, "Z"),
      erasure.daysOpen.toFixed(2),
      erasure.daysLeft === null ? "" : erasure.daysLeft.toFixed(2),
    ]),
  );
}

/** Lays places out as a table. */
export function formatPlaces(places: readonly ErasurePlace[]): string {
  return formatTable(
    [{ title: "place" }, { title: "file" }, { title: "records", align: "right" }, { title: "values", align: "right" }],
    places.map(({ place, name, records, values }) => [place, name, formatCount(records), formatCount(values)]),
  );
}

const IDENTITY: Readonly<Record<ErasurePlan["identity"], string>> = {
  match: "the email is the customer's",
  mismatch: "the email is NOT the customer's: nothing would be erased before a person approves it",
  unknown: "there is no such customer; whatever else is known or comes later would be masked",
};

/** Says what an erasure would reach. */
export function formatPlan({ identity, places }: ErasurePlan): string {
  const table = formatTable(
    [{ title: "place" }, { title: "file" }, { title: "records", align: "right" }],
    places.map(({ place, name, records }) => [place, name, formatCount(records)]),
  );
  return [IDENTITY[identity], places.length === 0 ? "nothing of the person is kept" : table].join("\n\n");
}

/** Says what a verification found. */
export function formatVerification({ receipts, faults, looked, findings }: Verification): string {
  const lines = [`receipts: ${formatCount(receipts)}, ${faults.length === 0 ? "chain whole" : "CHAIN BROKEN"}`];
  for (const { sequence, erasureId, fault } of faults) lines.push(`  receipt ${sequence} (${erasureId}): ${fault}`);
  if (looked.records + looked.files > 0) {
    lines.push(
      `looked at ${formatCount(looked.records)} records, ${formatCount(looked.files)} files, ${formatCount(looked.bytes)} bytes`,
      `findings: ${formatCount(findings.reduce((sum, { records }) => sum + records, 0))}`,
    );
  }
  for (const { place, name, records } of findings) lines.push(`  ${place} ${name}: ${formatCount(records)} records`);
  return lines.join("\n");
}
