import { CUSTOMER_ROW } from "../customers/merge.js";

/**
 * The statements with which an erasure reaches a person's records in the database. Each is set-based over all requests
 * of a batch, and finds its rows by index.
 */

/** The requests of the batch that were accepted, with the erasure that each has become. */
export const SELECT_ACCEPTED_REQUESTS = `
  select e.id as "erasureId", s.customer_id as "customerId", s.email, s.pseudonym, s.key_id as "keyId"
  from stage_erasure_requests s
  join warehouse.erasure_requests e on e.customer_key = s.customer_key and e.state = 'suppressed'
  where not exists (select from stage_rejects r where r.ordinal = s.ordinal)`;

/** Takes ids and emails. Returns the people's customers, current ($1: null version) and superseded, as JSON. */
export const SELECT_CUSTOMERS = `
  select null::bigint as version, to_jsonb(c) as customer
  from warehouse.customers c where c.id = any ($1) or c.email = any ($2)
  union all
  select h.version_id, to_jsonb(h)
  from warehouse.customers_history h where h.id = any ($1) or h.email = any ($2)`;

/** Takes ids. Returns the delivery addresses of their transactions. */
export const SELECT_ADDRESSES = `
  select t.customer_id as "customerId", d.transaction_key::text as "transactionKey",
         jsonb_build_object('address', d.address, 'postcode', d.postcode, 'city', d.city, 'country', d.country) as address
  from warehouse.transactions t join warehouse.delivery_addresses d using (transaction_key)
  where t.customer_id = any ($1)`;

/** Quarantined records of which no field says whose they are: only their words can. */
export const UNATTRIBUTED =
  "subject_customer_id is null and (reason = 'unreadable' or reason = 'schema' and subject_email is null)";

/**
 * Takes ids, emails, and LIKE patterns of both. Returns the people's quarantined records; of those that could not be read
 * or lack the fields that say whose they are, all that may mention them.
 */
export const SELECT_QUARANTINED = `
  select id, dataset, reason, payload, payload_encoding as "encoding", subject_customer_id as "customerId",
         subject_email as email, missing_key as "missingKey"
  from ledger.quarantine
  where payload is not null and status <> 'erased' and (subject_customer_id = any ($1) or subject_email = any ($2))
  union all
  select id, dataset, reason, payload, payload_encoding, subject_customer_id, subject_email, missing_key
  from ledger.quarantine
  where ${UNATTRIBUTED} and status <> 'erased' and (subject_email is null or subject_email <> all ($2))
    and (payload_encoding = 'base64' or payload ilike any ($3))`;

const SET_MASKED = CUSTOMER_ROW.map((column) => `${column} = masked.${column}`).join(", ");

const VERSION = [...CUSTOMER_ROW, "source_partition", "source_file_id", "valid_from", "loaded_at", "erased_at"];
const fromVersion = (row: string) => VERSION.map((column) => `${row}.${column}`).join(", ");

const TWICE = `
  jsonb_array_elements($1::jsonb) as element
  join warehouse.customers erased on erased.id = element ->> 'id' and erased.id <> element ->> 'key'
  join warehouse.customers again on again.id = element ->> 'key'`;

/**
 * Somebody who was erased, consented again, and is now erased again stands there twice: under the pseudonym, and under
 * the id once more. Before UPDATE_CUSTOMERS, and with the same JSON array, these make one of the two: the first becomes
 * an old version of the second, and what was bought belongs to the pseudonym.
 */
export const UNITE_CUSTOMERS = [
  `insert into warehouse.customers_history (${VERSION.join(", ")}, valid_to)
   select ${fromVersion("erased")}, again.valid_from from ${TWICE}`,
  `update warehouse.transactions t set customer_id = erased.id from ${TWICE} where t.customer_id = again.id`,
  `update warehouse.customers c
   set ${SET_MASKED}, source_partition = again.source_partition, source_file_id = again.source_file_id,
       valid_from = again.valid_from, loaded_at = again.loaded_at, erased_at = clock_timestamp()
   from ${TWICE}
   cross join lateral jsonb_populate_record(null::warehouse.customers, element) as masked
   where c.id = erased.id`,
  `delete from warehouse.customers c
   using jsonb_array_elements($1::jsonb) as element
   join warehouse.customers erased on erased.id = element ->> 'id'
   where c.id = element ->> 'key' and c.id <> erased.id`,
] as const;

/** Takes a JSON array of `{key, ...columns}`. The new id reaches the transactions by cascade. */
export const UPDATE_CUSTOMERS = `
  update warehouse.customers c set ${SET_MASKED}, erased_at = clock_timestamp()
  from jsonb_array_elements($1::jsonb) as element
  cross join lateral jsonb_populate_record(null::warehouse.customers, element) as masked
  where c.id = element ->> 'key'`;

/** Takes a JSON array of `{key, ...columns}`, the key being the version's. */
export const UPDATE_HISTORY = `
  update warehouse.customers_history h set ${SET_MASKED}, erased_at = clock_timestamp()
  from jsonb_array_elements($1::jsonb) as element
  cross join lateral jsonb_populate_record(null::warehouse.customers_history, element) as masked
  where h.version_id = (element ->> 'key')::bigint`;

/** Takes a JSON array of `{transaction_key, ...columns}`. */
export const UPDATE_ADDRESSES = `
  update warehouse.delivery_addresses d
  set address = masked.address, postcode = masked.postcode, city = masked.city, country = masked.country,
      country_code = masked.country_code
  from jsonb_populate_recordset(null::warehouse.delivery_addresses, $1::jsonb) as masked
  where d.transaction_key = masked.transaction_key`;

/**
 * Takes a JSON array of `{id, payload, pseudonym, missing_key}`. A transaction stays open: masked, it can still be
 * loaded when what it waits for arrives, so that sales figures stay whole. All else has no use any more.
 */
export const UPDATE_QUARANTINED = `
  update ledger.quarantine q
  set payload = masked.payload, payload_encoding = 'utf8', subject_customer_id = masked.pseudonym, subject_email = null,
      missing_key = masked.missing_key,
      status = case when q.dataset = 'transactions' and masked.payload <> '[erased]' then q.status else 'erased' end,
      resolved_at = case when q.dataset = 'transactions' and masked.payload <> '[erased]' then q.resolved_at
                         else coalesce(q.resolved_at, clock_timestamp()) end
  from jsonb_to_recordset($1::jsonb) as masked (id bigint, payload text, pseudonym text, missing_key text)
  where q.id = masked.id`;

/** Takes an erasure's id, its pseudonyms, and whether anything was found. */
export const UPDATE_ERASURE = `
  update warehouse.erasure_requests set pseudonyms = $2, found = $3 where id = $1`;

/**
 * Takes ids (after an erasure: pseudonyms) and an email or null. Returns the files that the people's records came from, by
 * the records themselves: what was loaded names its file in the warehouse, what was rejected in quarantine. Files that
 * are unreadable as a whole can hold anybody.
 */
export const SELECT_FILES = `
  with person_files as (
    select source_file_id as file_id from warehouse.customers where id = any ($1)
    union select source_file_id from warehouse.customers_history where id = any ($1)
    union select source_file_id from warehouse.transactions where customer_id = any ($1)
    union select source_file_id from warehouse.erasure_requests where pseudonym = any ($1)
    union select file_id from ledger.quarantine where subject_customer_id = any ($1)
    union select file_id from ledger.quarantine where subject_email = $2
  )
  select id, dataset, path, state, kept_path as "keptPath", partition_date as date, partition_hour as hour
  from ledger.files
  where id in (select file_id from person_files) or (state = 'quarantined' and kept_path is not null)
  order by id`;

/** Returns every file that is kept. */
export const SELECT_ALL_FILES = `
  select id, dataset, path, state, kept_path as "keptPath", partition_date as date, partition_hour as hour
  from ledger.files where kept_path is not null order by id`;
