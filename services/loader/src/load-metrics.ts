import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import type { RunKind } from "@lethe/contracts/runs";
import { Counter, type Registry } from "prom-client";

/** What a load has committed. */
export interface LoadedCounts {
  readonly dataset: DatasetName;
  readonly kind: RunKind;
  /** Records that are in the warehouse now. */
  readonly loaded: number;
  readonly rejectedByReason: RejectCounts;
  /** Bytes that were copied to PostgreSQL. */
  readonly copiedBytes: number;
}

/** Adds what is loaded, rejected and copied to a service's metrics. Returns what counts a load. */
export function countLoads(registry: Registry): (counts: LoadedCounts) => void {
  const loaded = new Counter({
    name: "lethe_records_loaded_total",
    help: "Records that were loaded into the warehouse",
    labelNames: ["dataset", "kind"],
    registers: [registry],
  });
  const rejected = new Counter({
    name: "lethe_records_rejected_total",
    help: "Records that were put into quarantine, or stayed there, by reason",
    labelNames: ["dataset", "kind", "reason"],
    registers: [registry],
  });
  const copied = new Counter({
    name: "lethe_copied_bytes_total",
    help: "Bytes that were sent to PostgreSQL by COPY",
    labelNames: ["dataset"],
    registers: [registry],
  });
  return ({ dataset, kind, loaded: records, rejectedByReason, copiedBytes }) => {
    loaded.inc({ dataset, kind }, records);
    for (const [reason, count] of Object.entries(rejectedByReason)) rejected.inc({ dataset, kind, reason }, count);
    copied.inc({ dataset }, copiedBytes);
  };
}
