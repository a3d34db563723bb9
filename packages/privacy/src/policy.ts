import { createHash } from "node:crypto";
import type { DatasetName } from "@lethe/contracts/datasets";
import { ERASURE_OUTCOMES, type ErasureOutcome } from "@lethe/contracts/erasures";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { MASKING_STRATEGIES, type MaskingStrategy } from "./mask-value.js";

const FieldStrategies = Type.Record(Type.String(), Type.Enum(MASKING_STRATEGIES));

/** The outcome that applies where neither a policy file nor `LETHE_ERASURE_OUTCOME` states one. */
const DEFAULT_OUTCOME: ErasureOutcome = "unlink";

/** What an erasure leaves. */
export interface Policy {
  /** Names this policy in every request that was masked under it. */
  readonly version: string;
  /** The outcome of the erasures that are accepted under this policy. */
  readonly outcome: ErasureOutcome;
  /**
   * By dataset and field of the input, what becomes of the field when its person is erased. These strategies apply to the
   * outcome `pseudonymise` alone: `unlink` and `aggregate` follow from the datasets' declarations, and leave less.
   */
  readonly datasets: Readonly<Record<DatasetName, Static<typeof FieldStrategies>>>;
}

/** By dataset, every field that the input has: the strategy that it has by default, and those that it can bear. */
export type MaskableFields = Readonly<
  Record<
    DatasetName,
    Readonly<Record<string, { readonly mask: MaskingStrategy; readonly strategies: readonly MaskingStrategy[] }>>
  >
>;

/** Returns the strategies of a dataset's fields. Throws ConfigurationError for a dataset that the policy does not name. */
export function strategiesOf(policy: Policy, dataset: DatasetName): Static<typeof FieldStrategies> {
  const strategies = Object.hasOwn(policy.datasets, dataset) ? policy.datasets[dataset] : undefined;
  if (strategies === undefined) throw new ConfigurationError(`the policy does not name the dataset ${dataset}`);
  return strategies;
}

/** Returns the policy that the datasets declare. Its version changes with every change of the outcome or a strategy. */
export function defaultPolicy(fields: MaskableFields, outcome: ErasureOutcome = DEFAULT_OUTCOME): Policy {
  const datasets = Object.fromEntries(
    Object.entries(fields).map(([dataset, declared]) => [
      dataset,
      Object.fromEntries(Object.entries(declared).map(([field, { mask }]) => [field, mask])),
    ]),
  );
  const digest = createHash("sha256").update(JSON.stringify({ outcome, datasets })).digest("hex");
  return { version: `default-${digest.slice(0, 12)}`, outcome, datasets };
}

/**
 * Reads a policy from its JSON text and holds it against the fields that the datasets have: nothing personal may be
 * kept because somebody forgot to name it, and no strategy may leave a value that its column cannot hold. If the policy
 * states no outcome, `outcome` applies and becomes part of the version; otherwise the policy's own applies.
 * Throws ConfigurationError that names every field that is missing, unknown or given an impossible strategy.
 */
export function parsePolicy(json: string, fields: MaskableFields, outcome?: ErasureOutcome): Policy {
  const policy = parseJson(json);
  const check = Compile(policySchema(Object.keys(fields)));
  if (!check.Check(policy)) {
    const [first] = check.Errors(policy);
    throw new ConfigurationError(`the policy is wrong at "${first?.instancePath ?? ""}": ${first?.message ?? ""}`);
  }
  const problems = Object.entries(fields).flatMap(([dataset, declared]) =>
    problemsOf(dataset, policy.datasets[dataset] ?? {}, declared),
  );
  if (problems.length > 0) throw new ConfigurationError(`the policy does not fit the datasets: ${problems.join("; ")}`);
  const { version, datasets } = policy;
  if (policy.outcome !== undefined) return { version, outcome: policy.outcome, datasets };
  if (outcome !== undefined) return { version: `${version}+${outcome}`, outcome, datasets };
  return { version, outcome: DEFAULT_OUTCOME, datasets };
}

function policySchema(names: readonly DatasetName[]) {
  return Type.Object(
    {
      version: Type.String({ minLength: 1 }),
      outcome: Type.Optional(Type.Enum([...ERASURE_OUTCOMES])),
      datasets: Type.Object(Object.fromEntries(names.map((name) => [name, FieldStrategies])), {
        additionalProperties: false,
      }),
    },
    { additionalProperties: false },
  );
}

function problemsOf(
  dataset: DatasetName,
  strategies: Readonly<Record<string, MaskingStrategy>>,
  fields: MaskableFields[DatasetName] = {},
): string[] {
  const missing = Object.keys(fields).filter((field) => !Object.hasOwn(strategies, field));
  const problems = missing.map((field) => `${dataset}.${field} has no strategy`);
  for (const [field, strategy] of Object.entries(strategies)) {
    const possible = Object.hasOwn(fields, field) ? fields[field]?.strategies : undefined;
    if (possible === undefined) problems.push(`${dataset}.${field} is no field of the dataset`);
    else if (!possible.includes(strategy)) {
      problems.push(`${dataset}.${field} cannot be masked by ${strategy}, only by ${possible.join(" or ")}`);
    }
  }
  return problems;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ConfigurationError("the policy is not JSON", { cause: error });
  }
}
