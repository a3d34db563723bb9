import type { Dataset } from "@lethe/datasets/dataset";
import type { PrivacyKey } from "@lethe/privacy/privacy-key";

/** Stands where something about a person is hidden. */
const MASKED = "[masked]";

/**
 * Returns what those see of a record who may not see personal data: of every field about a person, that something is there; of all other
 * fields that the dataset declares, the value, if it is of the field's form. What is not declared is left out, names and all.
 */
export function maskedRecord(dataset: Dataset, record: unknown): unknown {
  const strategies = Object.fromEntries(Object.keys(dataset.fields).map((path) => [path, "keep"] as const));
  const masking = { outcome: "pseudonymise", key: NO_KEY, strategies, replacementOf: () => undefined } as const;
  const personal = Object.keys(dataset.fields).filter((path) => dataset.fields[path]?.kind !== "neither");
  return hide(dataset.mask(record, masking), "", personal);
}

function hide(value: unknown, path: string, personal: readonly string[]): unknown {
  if (personal.includes(path)) return value === null ? null : MASKED;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, hide(part, below(name), personal)]));
}

/** Nothing is hashed. */
const NO_KEY: PrivacyKey = { id: "", secret: Buffer.alloc(0) };
