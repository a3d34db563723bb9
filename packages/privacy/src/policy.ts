import { DATASET_NAMES, type DatasetName } from "@lethe/contracts/datasets";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { MASKING_STRATEGIES } from "./mask-value.js";

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

/**
 * Reads a policy from its JSON text and holds it against the fields that the datasets have: nothing personal may be
 * kept because somebody forgot to name it. Throws ConfigurationError that names every field that is missing or unknown.
 */
export function parsePolicy(json: string, fields: Readonly<Record<DatasetName, readonly string[]>>): Policy {
  const policy = parseJson(json);
  const check = Compile(PolicySchema);
  if (!check.Check(policy)) {
    const [first] = check.Errors(policy);
    throw new ConfigurationError(`the policy is wrong at "${first?.instancePath ?? ""}": ${first?.message ?? ""}`);
  }
  const problems = DATASET_NAMES.flatMap((dataset) => {
    const named = Object.keys(policy.datasets[dataset]);
    const missing = fields[dataset].filter((field) => !named.includes(field));
    const unknown = named.filter((field) => !fields[dataset].includes(field));
    return [
      ...missing.map((field) => `${dataset}.${field} has no strategy`),
      ...unknown.map((field) => `${dataset}.${field} is no field of the dataset`),
    ];
  });
  if (problems.length > 0) throw new ConfigurationError(`the policy does not fit the datasets: ${problems.join("; ")}`);
  return policy;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ConfigurationError("the policy is not JSON", { cause: error });
  }
}
