import { type MaskingStrategy, maskValue } from "./mask-value.js";
import type { PrivacyKey } from "./privacy-key.js";

/** A dataset's strategies by field path (`delivery_address.city`). */
export type MaskRecordStrategies = Readonly<Record<string, MaskingStrategy>>;

/**
 * Returns a copy of a record as it stood in the input, masked field by field. A field that no
 * path covers is dropped: what the policy does not name is not kept.
 */
export function maskRecord(record: unknown, strategies: MaskRecordStrategies, key: PrivacyKey): unknown {
  if (!isObject(record)) return null;
  return maskFields(record, "", strategies, key);
}

function maskFields(
  record: Readonly<Record<string, unknown>>,
  prefix: string,
  strategies: MaskRecordStrategies,
  key: PrivacyKey,
): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(record)) {
    // No dataset has a field of such a name; as a path it would pass for a nested one.
    if (name.includes(".")) continue;
    const path = `${prefix}${name}`;
    const strategy = Object.hasOwn(strategies, path) ? strategies[path] : undefined;
    if (strategy !== undefined) masked[name] = maskValue(strategy, value, key);
    else if (isObject(value) && hasNamedFields(path, strategies)) {
      masked[name] = maskFields(value, `${path}.`, strategies, key);
    }
  }
  return masked;
}

/**
 * Reports whether the policy names a field within a group. Of a group that it does not know, not even the names are
 * kept.
 */
function hasNamedFields(path: string, strategies: MaskRecordStrategies): boolean {
  return Object.keys(strategies).some((named) => named.startsWith(`${path}.`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
