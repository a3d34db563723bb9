import type { RunDetail } from "@lethe/contracts/runs";

/** A run that took one file of transactions and rejected 3 of its 10 records; give what a test wants otherwise. */
export function sampleRun(changes: Partial<RunDetail> = {}): RunDetail {
  return {
    id: "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10",
    job: "transactions",
    kind: "files",
    trigger: "cli",
    state: "succeeded",
    from: null,
    to: null,
    force: false,
    requestedAt: "2020-01-02T03:04:05.678Z",
    startedAt: "2020-01-02T03:04:05.700Z",
    finishedAt: "2020-01-02T03:04:06.900Z",
    files: { taken: 1, done: 1, alreadyLoaded: 0, quarantined: 0 },
    notTaken: 0,
    batches: { total: 1, done: 1, failed: 0 },
    records: { in: 10, loaded: 7, rejected: 3, rejectedByReason: { unknown_sku: 1, unknown_customer: 2 } },
    bytes: { files: 1_000, batches: 9_000 },
    durationsMs: { total: 1_222, extract: 100, transform: 200, load: 300, finish: 50 },
    warnings: [],
    error: null,
    notices: [],
    failures: [],
    schemaChanges: [],
    ...changes,
  };
}
