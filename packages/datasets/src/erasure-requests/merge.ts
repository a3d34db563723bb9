import type { StagingTable } from "@lethe/contracts/data-map";
import type { Merge } from "../dataset.js";

export const ERASURE_REQUEST_STAGING: StagingTable = {
  name: "stage_erasure_requests",
  columns: [
    ["ordinal", "integer"],
    ["file_id", "bigint"],
    ["requested_at", "timestamptz"],
    ["customer_id", "text"],
    ["email", "text"],
  ],
};

/**
 * Which requests are accepted, and what becomes of their people, the loader decides: it holds the key and the policy, and
 * suppresses in a commit of its own before it masks.
 */
export const ERASURE_REQUEST_MERGE: Merge = {
  batchesAtOnce: 1,
  openStage: null,
  lock: "select pg_advisory_xact_lock(hashtextextended('lethe merge warehouse.erasure_requests', 0))",
  findRejects: [],
  apply: [],
  // What a request about which a person must decide waits for is the approval.
  missingKeyArrived: "q.reason = 'identity_mismatch' and q.approved_at is not null",
  // A person decides on each.
  redelivery: null,
};

export const SELECT_STAGED_REQUESTS = `
  select ordinal, customer_id as "customerId", email, requested_at as "requestedAt", file_id as "fileId"
  from stage_erasure_requests order by ordinal`;
