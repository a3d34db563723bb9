import type { MaskableCustomer } from "@lethe/datasets/customers/clean";
import {
  maskCustomer,
  SELECT_REQUESTED_CUSTOMERS,
  UPDATE_MASKED_CUSTOMERS,
  UPDATE_MASKED_HISTORY,
} from "@lethe/datasets/erasure-requests/mask-customers";
import type { Client } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";

/** Masks the customers that the staged erasure requests name, and their history, in the requests' own transaction. */
export async function maskRequestedCustomers(client: Client, context: LoaderContext): Promise<void> {
  const { rows } = await client.query<{ version_id: number | null; customer: MaskableCustomer }>(
    SELECT_REQUESTED_CUSTOMERS,
  );
  const strategies = context.policy.datasets.customers;
  const masked = rows.map(({ version_id, customer }) => ({
    key: version_id ?? customer.id,
    isCurrent: version_id === null,
    ...maskCustomer(customer, strategies, context.key),
  }));
  const current = masked.filter(({ isCurrent }) => isCurrent);
  const superseded = masked.filter(({ isCurrent }) => !isCurrent);
  await client.query(UPDATE_MASKED_CUSTOMERS, [JSON.stringify(current)]);
  await client.query(UPDATE_MASKED_HISTORY, [JSON.stringify(superseded)]);
}
