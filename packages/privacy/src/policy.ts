import { DATASET_NAMES, type DatasetName } from "@lethe/contracts/datasets";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { MASKING_STRATEGIES, type MaskingStrategy } from "./mask-value.js";

const FieldStrategies = Type.Record(Type.String(), Type.Enum(MASKING_STRATEGIES));

const PolicySchema = Type.Object(
  {
    /** Names this policy in every request that was masked under it. */
    version: Type.String({ minLength: 1 }),
    datasets: Type.Object(
      Object.fromEntries(DATASET_NAMES.map((name) => [name, FieldStrategies])) as Record<
        DatasetName,
        typeof FieldStrategies
      >,
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

/** By dataset and field of the input, what becomes of the field when its person is erased. */
export type Policy = Static<typeof PolicySchema>;

/** By dataset, every field that the input has, and the strategies that its kind of value can bear. */
export type MaskableFields = Readonly<Record<DatasetName, Readonly<Record<string, readonly MaskingStrategy[]>>>>;

/**
 * Reads a policy from its JSON text and holds it against the fields that the datasets have: nothing personal may be
 * kept because somebody forgot to name it, and no strategy may leave a value that its column cannot hold.
 * Throws ConfigurationError that names every field that is missing, unknown or given an impossible strategy.
 */
export function parsePolicy(json: string, fields: MaskableFields): Policy {
  const policy = parseJson(json);
  const check = Compile(PolicySchema);
  if (!check.Check(policy)) {
    const [first] = check.Errors(policy);
    throw new ConfigurationError(`the policy is wrong at "${first?.instancePath ?? ""}": ${first?.message ?? ""}`);
  }
  const problems = DATASET_NAMES.flatMap((dataset) => problemsOf(dataset, policy.datasets[dataset], fields[dataset]));
  if (problems.length > 0) throw new ConfigurationError(`the policy does not fit the datasets: ${problems.join("; ")}`);
  return policy;
}

function problemsOf(
  dataset: DatasetName,
  strategies: Readonly<Record<string, MaskingStrategy>>,
  fields: MaskableFields[DatasetName],
): string[] {
  const missing = Object.keys(fields).filter((field) => !Object.hasOwn(strategies, field));
  const problems = missing.map((field) => `${dataset}.${field} has no strategy`);
  for (const [field, strategy] of Object.entries(strategies)) {
    const possible = Object.hasOwn(fields, field) ? fields[field] : undefined;
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
