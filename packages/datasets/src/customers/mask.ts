import { type MaskRecordStrategies, maskRecord } from "@lethe/privacy/mask-record";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";
import { type CleanCustomer, cleanCustomer, type MaskableCustomer } from "./clean.js";

/** Masks a cleaned customer as the policy says; what follows from a masked field follows anew. */
export function maskCustomer(customer: unknown, strategies: MaskRecordStrategies, key: PrivacyKey): CleanCustomer {
  return cleanCustomer(maskRecord(customer, strategies, key) as MaskableCustomer);
}
