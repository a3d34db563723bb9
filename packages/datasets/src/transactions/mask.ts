import { type MaskRecordStrategies, maskRecord } from "@lethe/privacy/mask-record";
import { maskValue } from "@lethe/privacy/mask-value";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import { type CleanAddress, type CleanTransaction, cleanDeliveryAddress, type MaskableAddress } from "./clean.js";

/** Masks a cleaned delivery address as the policy says. */
export function maskDeliveryAddress(
  address: MaskableAddress,
  strategies: MaskRecordStrategies,
  key: PrivacyKey,
): CleanAddress {
  const masked = maskRecord({ delivery_address: address }, strategies, key) as { delivery_address: MaskableAddress };
  return cleanDeliveryAddress(masked.delivery_address);
}

/** Masks a cleaned transaction as the policy says: its money, skus and time do not change. */
export function maskTransaction(
  transaction: CleanTransaction,
  strategies: MaskRecordStrategies,
  key: PrivacyKey,
): CleanTransaction {
  return {
    ...transaction,
    customer_id: String(maskValue(strategies.customer_id ?? "hmac", transaction.customer_id, key)),
    delivery_address: maskDeliveryAddress(transaction.delivery_address, strategies, key),
  };
}
