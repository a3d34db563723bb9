import type { DatasetName } from "@lethe/contracts/datasets";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { readLocated } from "./read-located.js";
import { type RunThresholds, ThresholdsSchema, thresholdsOf } from "./run-thresholds.js";

const DatasetChecksSchema = Type.Object(
  { thresholds: Type.Optional(ThresholdsSchema) },
  { additionalProperties: false },
);

const ChecksFileSchema = Type.Object(
  { datasets: Type.Record(Type.String(), DatasetChecksSchema) },
  { additionalProperties: false },
);
type ChecksFile = Static<typeof ChecksFileSchema>;

/** What is asked of a dataset's data. */
export interface DatasetChecks {
  readonly thresholds: RunThresholds;
}

export type Checks = ReadonlyMap<DatasetName, DatasetChecks>;

const check = Compile(ChecksFileSchema);
const MOST_ERRORS = 10;

/**
 * Reads checks from the text of a file, YAML or JSON, for datasets of these names. Without a text every dataset has the defaults.
 * Throws ConfigurationError that names each place that is wrong, with its line.
 */
export function parseChecks(text: string | undefined, datasets: readonly DatasetName[]): Checks {
  const stated: ChecksFile = text === undefined ? { datasets: {} } : readStated(text, datasets);
  return new Map(datasets.map((name) => [name, { thresholds: thresholdsOf(stated.datasets[name]?.thresholds) }]));
}

function readStated(text: string, datasets: readonly DatasetName[]): ChecksFile {
  const { value, lineOf } = readLocated(text, wrong);
  if (!check.Check(value)) {
    const errors = [...check.Errors(value)].slice(0, MOST_ERRORS);
    throw wrong(
      errors.map(({ instancePath, message }) => `line ${lineOf(instancePath)}: ${nameOf(instancePath)} ${message}`),
    );
  }
  const unknown = Object.keys(value.datasets).filter((name) => !datasets.includes(name));
  if (unknown.length === 0) return value;
  throw wrong(
    unknown.map((name) => {
      const pointer = `/datasets/${name}`;
      return `line ${lineOf(pointer)}: ${nameOf(pointer)} is no dataset; there are ${datasets.join(", ")}`;
    }),
  );
}

function nameOf(pointer: string): string {
  return pointer === "" ? "the file" : pointer.slice(1).replaceAll("/", ".");
}

function wrong(problems: readonly string[]): ConfigurationError {
  return new ConfigurationError(`the file that LETHE_CHECKS_FILE names is wrong: ${problems.join("; ")}`);
}
