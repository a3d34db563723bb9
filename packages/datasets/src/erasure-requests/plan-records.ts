/** The statements of a plan: what an erasure of a person, given by plain id and email, would reach. */

/** Takes id and email. Returns every id that the person is known by, and whether the email is the customer's. */
export const SELECT_IDENTITY = `
  with same_email as (
    select id from warehouse.customers where email = $2
    union select id from warehouse.customers_history where email = $2
  )
  select array(select $1::text union select id from same_email) as ids,
         coalesce((select case when c.email is not distinct from $2 then 'match' else 'mismatch' end
                   from warehouse.customers c where c.id = $1), 'unknown') as identity`;

/** Takes ids and the email. Returns how many records each table has of them; tables with none are absent. */
export const COUNT_RECORDS = `
  select place, records from (
    select 'warehouse.customers' as place, count(*) as records
    from warehouse.customers where id = any ($1)
    union all
    select 'warehouse.customers_history', count(*) from warehouse.customers_history where id = any ($1)
    union all
    select 'warehouse.transactions', count(*) from warehouse.transactions where customer_id = any ($1)
    union all
    select 'warehouse.delivery_addresses', count(*)
    from warehouse.transactions join warehouse.delivery_addresses using (transaction_key) where customer_id = any ($1)
    union all
    select 'ledger.quarantine', count(*) from ledger.quarantine
    where status <> 'erased' and payload is not null and (subject_customer_id = any ($1) or subject_email = $2)
  ) as counts
  where records > 0`;
