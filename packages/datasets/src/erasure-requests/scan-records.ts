import { UNATTRIBUTED } from "./person-records.js";

/** The statements with which a closing scan reads what is left of a person; each takes the person's pseudonyms. */

export const SCAN_CUSTOMERS = `
  select to_jsonb(c) as customer from warehouse.customers c where c.id = any ($1)
  union all
  select to_jsonb(h) from warehouse.customers_history h where h.id = any ($1)`;

export const SCAN_ADDRESSES = `
  select jsonb_build_object('address', d.address, 'postcode', d.postcode, 'city', d.city, 'country', d.country) as address
  from warehouse.transactions t join warehouse.delivery_addresses d using (transaction_key)
  where t.customer_id = any ($1)`;

export const SCAN_QUARANTINED = `
  select dataset, reason, payload from ledger.quarantine
  where subject_customer_id = any ($1) and payload is not null and payload <> '[erased]'`;

/** Records of nobody; each is searched for everybody. */
export const SCAN_UNATTRIBUTED = `
  select payload, payload_encoding as encoding from ledger.quarantine
  where ${UNATTRIBUTED} and payload is not null and payload <> '[erased]'`;

/** Returns everybody whom the warehouse names, by place: for a scan of everything. */
export const ALL_PEOPLE = `
  select 'warehouse.customers' as place, id, email from warehouse.customers
  union all
  select 'warehouse.customers_history', id, email from warehouse.customers_history
  union all
  (select distinct 'warehouse.transactions', customer_id, null from warehouse.transactions)`;

export const ALL_QUARANTINED = `
  select dataset, reason, payload, payload_encoding as encoding from ledger.quarantine
  where payload is not null and payload <> '[erased]'`;
