import { type MaskRecordStrategies, maskRecord } from "@lethe/privacy/mask-record";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import { type CleanCustomer, cleanCustomer, type MaskableCustomer } from "../customers/clean.js";
import { CUSTOMER_ROW } from "../customers/merge.js";

/** Gives the staged requests' customers, current and superseded versions, as JSON. */
export const SELECT_REQUESTED_CUSTOMERS = `
  with requested as (
    select s.customer_id from stage_erasure_requests s
    where not exists (select from stage_rejects r where r.ordinal = s.ordinal)
  )
  select null::bigint as version_id, to_jsonb(c) as customer
  from warehouse.customers c where c.id in (select customer_id from requested)
  union all
  select h.version_id, to_jsonb(h)
  from warehouse.customers_history h where h.id in (select customer_id from requested)`;

const SET_MASKED = CUSTOMER_ROW.map((column) => `${column} = masked.${column}`).join(", ");

/** Writes masked customers back; takes an array of `{key, ...columns}`. The new id reaches the transactions by cascade. */
export const UPDATE_MASKED_CUSTOMERS = `
  update warehouse.customers c set ${SET_MASKED}, erased_at = clock_timestamp()
  from jsonb_array_elements($1::jsonb) as element
  cross join lateral jsonb_populate_record(null::warehouse.customers, element) as masked
  where c.id = element ->> 'key'`;

/** Writes masked superseded versions back; takes an array of `{key, ...columns}`. */
export const UPDATE_MASKED_HISTORY = `
  update warehouse.customers_history h set ${SET_MASKED}, erased_at = clock_timestamp()
  from jsonb_array_elements($1::jsonb) as element
  cross join lateral jsonb_populate_record(null::warehouse.customers_history, element) as masked
  where h.version_id = (element ->> 'key')::bigint`;

/** Masks a customer's columns as the policy says for the fields that they come from. */
export function maskCustomer(
  customer: MaskableCustomer,
  strategies: MaskRecordStrategies,
  key: PrivacyKey,
): CleanCustomer {
  return cleanCustomer(maskRecord(customer, strategies, key) as MaskableCustomer);
}
