/** The statements with which erasures, scans and verifications reach quarantined records, of whatever dataset. */

/** Quarantined records of which no field says whose they are: only their words can. */
const UNATTRIBUTED =
  "subject_customer_id is null and (reason = 'unreadable' or reason = 'schema' and subject_email is null)";

/**
 * A replay has loaded the record, and its output is not in `processed_data/` yet. Should that be lost, it can only be made again
 * from quarantine.
 */
const IS_UNPUBLISHED = `(status = 'replayed' and id in (
  select unnest(s.quarantine_ids) from ledger.batch_segments s where s.quarantine_ids is not null and s.published_bytes > 0
))`;

const COLUMNS = `id, file_id as "fileId", dataset, reason, status, payload, payload_encoding as "encoding", subject_customer_id as "customerId",
                 subject_email as email, missing_key as "missingKey", ${IS_UNPUBLISHED} as "isUnpublished",
                 corrects is not null and approved_at is not null as "isCorrected"`;

/**
 * Takes ids and emails. Returns the people's quarantined records, but for those about which a decision is open, and all that
 * are unattributed: these may mention the people.
 */
export const SELECT_QUARANTINED = `
  select ${COLUMNS} from ledger.quarantine
  where payload is not null and status <> 'erased' and (subject_customer_id = any ($1) or subject_email = any ($2))
    and not (reason = 'held' and status = 'open' and approved_at is null)
  union all
  select ${COLUMNS} from ledger.quarantine
  where ${UNATTRIBUTED} and payload is not null and status <> 'erased' and (subject_email is null or subject_email <> all ($2))`;

/** Takes ids and an email. Returns how many records that are not erased name them. */
export const COUNT_QUARANTINED = `
  select count(*)::integer as records from ledger.quarantine
  where status <> 'erased' and payload is not null and (subject_customer_id = any ($1) or subject_email = $2)`;

/**
 * Takes a JSON array of `{id, payload, pseudonym, missing_key, waits}`. A record that `waits`, and of which more than a mark
 * is left, keeps its status: masked, it can still be loaded. All other records are no longer of use.
 */
export const UPDATE_QUARANTINED = `
  update ledger.quarantine q
  set payload = masked.payload, payload_encoding = 'utf8', subject_customer_id = masked.pseudonym, subject_email = null,
      missing_key = masked.missing_key,
      status = case when masked.waits and masked.payload <> '[erased]' then q.status else 'erased' end,
      resolved_at = case when masked.waits and masked.payload <> '[erased]' then q.resolved_at
                         else coalesce(q.resolved_at, clock_timestamp()) end
  from jsonb_to_recordset($1::jsonb) as masked (id bigint, payload text, pseudonym text, missing_key text, waits boolean)
  where q.id = masked.id`;

/**
 * Takes a JSON array of `{id, pseudonym}`, records that were masked. Masks the records that these are corrections of, however often they
 * were corrected: whatever they say of themselves, they are about the same person. Returns each with its file and the correction
 * that led to it.
 */
export const MASK_CORRECTED = `
  with recursive corrected as (
    select q.corrects as id, masked.id as "correctionId", masked.pseudonym
    from jsonb_to_recordset($1::jsonb) as masked (id bigint, pseudonym text)
    join ledger.quarantine q on q.id = masked.id
    where q.corrects is not null
    union
    select q.corrects, c."correctionId", c.pseudonym
    from corrected c join ledger.quarantine q on q.id = c.id
    where q.corrects is not null
  )
  update ledger.quarantine q
  set payload = '[erased]', payload_encoding = 'utf8', subject_customer_id = c.pseudonym, subject_email = null, missing_key = null,
      status = 'erased', resolved_at = coalesce(q.resolved_at, clock_timestamp())
  from corrected c
  where q.id = c.id and q.payload is not null and q.payload <> '[erased]' and q.status = 'superseded'
  returning c."correctionId", q.file_id as "fileId"`;

/** SQL condition that record \`q\` was corrected, however often, to one of which \`condition\` on record \`c\` is true. */
export function isCorrectedTo(condition: string): string {
  return `q.id in (
    with recursive corrected as (
      select c.corrects as id from ledger.quarantine c where c.corrects is not null and (${condition})
      union
      select c.corrects from corrected join ledger.quarantine c on c.id = corrected.id where c.corrects is not null
    )
    select id from corrected)`;
}

/** Takes a person's pseudonyms. Returns what is left of their records. */
export const SCAN_QUARANTINED = `
  select dataset, reason, payload from ledger.quarantine
  where subject_customer_id = any ($1) and payload is not null and payload <> '[erased]'`;

/** Returns the unattributed records; each is searched for everybody. */
export const SCAN_UNATTRIBUTED = `
  select payload, payload_encoding as encoding from ledger.quarantine
  where ${UNATTRIBUTED} and payload is not null and payload <> '[erased]'`;

/** Returns the unattributed records with the files that they came from. */
export const FILES_OF_UNATTRIBUTED = `
  select payload, payload_encoding as encoding, file_id as "fileId" from ledger.quarantine
  where ${UNATTRIBUTED} and payload is not null and payload <> '[erased]'`;
