/** Nobody: an id that stands for no customer, and an address of a domain that there will never be (RFC 2606). */
const NOBODY = { customerId: "000000", email: "nobody@example.invalid" };
/** A day from before there was any input: nothing lies in its partitions. */
const EMPTY_DAY = "2000-01-01";
const NOTHING = { partition: EMPTY_DAY, limit: 1 };
const CASE = "an example, which means nobody";

/**
 * What the API's page fills in, by route. Whoever presses Execute there without changing anything must do no harm: an example takes
 * from no partition that holds anything, is of nobody, forces nothing, and changes nothing.
 */
export const BODY_EXAMPLES: Readonly<Record<string, object>> = {
  "POST /jobs/:job/runs": { from: EMPTY_DAY, to: EMPTY_DAY, force: false },
  "POST /jobs/:job/runs/plan": { from: EMPTY_DAY, to: EMPTY_DAY },
  "POST /jobs/:job/backfills": { from: EMPTY_DAY, to: EMPTY_DAY, only: "missing", maxFiles: 1, force: false },
  "POST /jobs/:job/backfills/plan": { from: EMPTY_DAY, to: EMPTY_DAY, only: "missing", maxFiles: 1, force: false },
  "PATCH /schedules/:job": { timezone: "Europe/Zagreb" },
  "POST /quarantine/replay": NOTHING,
  "POST /quarantine/replay/plan": NOTHING,
  "POST /quarantine/:quarantineId/correct": { changes: {} },
  "POST /quarantine/:quarantineId/discard": { reason: CASE },
  "POST /quarantine/discard": { filter: { partition: EMPTY_DAY }, limit: 1, reason: CASE },
  "POST /erasures": NOBODY,
  "POST /erasures/:id/lift": { note: CASE },
  "POST /erasures/requests/:quarantineId/approve": {},
  "POST /erasures/requests/:quarantineId/reject": { reason: CASE },
  "POST /erasures/requests/:id/extend": { reason: CASE },
  "POST /erasures/questions/:id/decide": { decision: "another_person", note: CASE },
  "POST /subjects/export": { ...NOBODY, identityChecked: false },
  "POST /subjects/restrict": { ...NOBODY, identityChecked: false, reason: CASE },
  "POST /subjects/release": { ...NOBODY, identityChecked: false, reason: CASE },
  "POST /session": { token: "from-lethe-tokens-create" },
  "POST /lineage": { dataset: "products", key: "0" },
  "POST /lineage/line": { fileId: 1, line: 1 },
};

/** The same for parameters of addresses. Those that say which record, run or erasure is meant have none: they must be typed. */
export const QUERY_EXAMPLES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "POST /erasures": { dryRun: true },
};
