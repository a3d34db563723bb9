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
    ["customer_key", "bytea"],
    ["email_key", "bytea"],
    ["pseudonym", "text"],
    ["key_id", "text"],
  ],
};

/** The subject that is on the suppression list under the id of staged request `s`; null when there is none. */
const SUBJECT = `(select p.subject_id from privacy.suppressions p
  where p.kind = 'customer-id' and p.key = s.customer_key and p.act = 'erase' and p.lifted_at is null)`;

/** The quarantined request `q` was approved, and is the staged request `s`. */
const APPROVED = `q.dataset = 'erasure-requests' and q.status = 'open' and q.approved_at is not null
  and q.subject_customer_id = s.customer_id and q.subject_email = s.email`;

const ACCEPTED = "not exists (select from stage_rejects r where r.ordinal = s.ordinal)";

/**
 * Suppresses first, in a commit of its own, so that from then on no batch can bring the person back; then takes the
 * requests in. The customers' rows themselves are masked by the loader, which holds the policy and the key.
 */
export const ERASURE_REQUEST_MERGE: Merge = {
  batchesAtOnce: 1,
  openStage: null,
  lock: "select pg_advisory_xact_lock(hashtextextended('lethe merge warehouse.erasure_requests', 0))",
  findRejects: [
    `insert into stage_rejects (ordinal, reason)
     select s.ordinal, 'duplicate' from stage_erasure_requests s
     where exists (select from warehouse.erasure_requests e
                   where e.customer_key = s.customer_key and e.state <> 'lifted')`,
    `insert into stage_rejects (ordinal, reason)
     select s.ordinal, 'identity_mismatch' from stage_erasure_requests s
     join warehouse.customers c on c.id = s.customer_id
     where c.email is distinct from s.email
       and not exists (select from ledger.quarantine q
                       where ${APPROVED})
     on conflict do nothing`,
    // Two requests for one person that is not there, with different emails: the first one is taken.
    `insert into stage_rejects (ordinal, reason)
     select ordinal, 'duplicate'
     from (select s.ordinal, row_number() over (partition by s.customer_key order by s.ordinal) as copy
           from stage_erasure_requests s where ${ACCEPTED}) as copies
     where copy > 1`,
  ],
  before: [
    `with subject as materialized (
       select gen_random_uuid() as id, s.customer_key, s.email_key, s.key_id from stage_erasure_requests s
       where ${ACCEPTED} and ${SUBJECT} is null
     ), listed as (
       insert into privacy.subjects (id, outcome) select id, current_setting('lethe.erasure_outcome') from subject
     ), added as (
       insert into privacy.suppressions (subject_id, kind, key, key_id)
       select id, kind, key, key_id
       from subject cross join lateral (values ('customer-id', customer_key), ('email', email_key)) as identifier (kind, key)
       returning 1
     )
     update privacy.suppression_epoch set epoch = epoch + 1 where exists (select from added)`,
  ],
  apply: [
    `insert into warehouse.erasure_requests
       (subject_id, outcome, customer_key, email_key, key_id, pseudonym, state, policy_version, requested_at, received_at,
        source_file_id, run_id, quarantine_id)
     select p.id, p.outcome, s.customer_key, s.email_key, s.key_id, s.pseudonym, 'suppressed',
            current_setting('lethe.policy_version'), s.requested_at, f.created_at, s.file_id,
            current_setting('lethe.run_id')::uuid,
            (select min(q.id) from ledger.quarantine q where ${APPROVED})
     from stage_erasure_requests s
     -- The law's month runs from the arrival, also for a request that waited for a decision.
     join ledger.files f on f.id = s.file_id
     join privacy.subjects p on p.id = ${SUBJECT} where ${ACCEPTED}`,
  ],
  // What a request of the wrong email waits for is a person's approval.
  missingKeyArrived: "q.reason = 'identity_mismatch' and q.approved_at is not null",
};

/** The requests of the batch that were accepted, with the erasure that each has become. */
export const SELECT_ACCEPTED_REQUESTS = `
  select e.id as "erasureId", e.subject_id as "subjectId", e.outcome, s.customer_id as "customerId", s.email, s.pseudonym, s.key_id as "keyId"
  from stage_erasure_requests s
  join warehouse.erasure_requests e on e.customer_key = s.customer_key and e.state = 'suppressed' and e.kind = 'request'
  where ${ACCEPTED}`;
