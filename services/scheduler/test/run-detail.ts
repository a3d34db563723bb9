import type { RunDetail } from "@lethe/contracts/runs";

/** Returns a run that nothing has happened to yet, but for some changes. */
export function runDetail(changes: Partial<RunDetail> = {}): RunDetail {
  return {
    id: "3f2a1b00-0000-4000-8000-00000000abcd",
    job: "customers",
    kind: "files",
    trigger: "api",
    state: "queued",
    from: null,
    to: null,
    force: false,
    requestedAt: "2020-01-01T05:00:00.000Z",
    startedAt: null,
    finishedAt: null,
    files: { taken: 0, done: 0, alreadyLoaded: 0, quarantined: 0 },
    notTaken: 0,
    batches: { total: 0, done: 0, failed: 0 },
    records: { in: 0, loaded: 0, rejected: 0, rejectedByReason: {} },
    bytes: { files: 0, batches: 0 },
    durationsMs: { total: 0, extract: 0, transform: 0, load: 0, finish: 0 },
    warnings: [],
    error: null,
    notices: [],
    failures: [],
    schemaChanges: [],
    ...changes,
  };
}
