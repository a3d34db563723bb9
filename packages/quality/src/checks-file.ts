import { CHECK_METRIC_NAMES, type CheckMetric, type CheckUnit } from "@lethe/contracts/checks";
import type { DatasetName } from "@lethe/contracts/datasets";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { type ArrivalRule, ArrivalSchema } from "./arrival-rule.js";
import { keyOf } from "./check-key.js";
import {
  DatasetRuleSchema,
  type Operators,
  operatorsOf,
  PropertyRuleSchema,
  problemOfRule,
  type QualityRule,
} from "./quality-rule.js";
import { readLocated } from "./read-located.js";
import { type RunThresholds, ThresholdsSchema, thresholdsOf } from "./run-thresholds.js";

const PropertySchema = Type.Object(
  { name: Type.String(), quality: Type.Array(PropertyRuleSchema) },
  { additionalProperties: false },
);

const DatasetChecksSchema = Type.Object(
  {
    thresholds: Type.Optional(ThresholdsSchema),
    learn: Type.Optional(Type.Boolean()),
    quality: Type.Optional(Type.Array(DatasetRuleSchema)),
    properties: Type.Optional(Type.Array(PropertySchema)),
    arrival: Type.Optional(ArrivalSchema),
  },
  { additionalProperties: false },
);

const ChecksFileSchema = Type.Object(
  { datasets: Type.Record(Type.String(), DatasetChecksSchema) },
  { additionalProperties: false },
);
type ChecksFile = Static<typeof ChecksFileSchema>;

/** A check that the file states. */
export interface StatedCheck {
  readonly key: string;
  readonly metric: CheckMetric;
  readonly property: string | null;
  readonly unit: CheckUnit;
  readonly operators: Operators;
}

/** What is asked of a dataset's data. */
export interface DatasetChecks {
  readonly thresholds: RunThresholds;
  /** The declared fields of its records. */
  readonly fields: readonly string[];
  /** Whether what the file does not state is learnt. */
  readonly learn: boolean;
  /** The checks of each partition. */
  readonly partition: readonly StatedCheck[];
  /** How old the newest partition may be. */
  readonly freshness: readonly StatedCheck[];
  /** Which partitions are expected, and when. */
  readonly arrival: ArrivalRule;
}

export type Checks = ReadonlyMap<DatasetName, DatasetChecks>;

/** The names of the datasets' declared fields. */
export type CheckedFields = ReadonlyMap<DatasetName, readonly string[]>;

const check = Compile(ChecksFileSchema);
const MOST_ERRORS = 10;

/**
 * Reads checks from the text of a file, YAML or JSON, for datasets with these fields. Without a text every dataset has the defaults.
 * Throws ConfigurationError that names each place that is wrong, with its line.
 */
export function parseChecks(text: string | undefined, datasets: CheckedFields): Checks {
  const stated: ChecksFile = text === undefined ? { datasets: {} } : readStated(text, datasets);
  return new Map([...datasets].map(([name, fields]) => [name, checksOf(stated.datasets[name] ?? {}, fields)]));
}

function checksOf(stated: Static<typeof DatasetChecksSchema>, fields: readonly string[]): DatasetChecks {
  const all = statedChecks(stated).map(({ check }) => check);
  return {
    thresholds: thresholdsOf(stated.thresholds),
    fields,
    learn: stated.learn ?? true,
    partition: all.filter(({ metric }) => metric !== "freshness"),
    freshness: all.filter(({ metric }) => metric === "freshness"),
    arrival: stated.arrival ?? {},
  };
}

interface Located {
  readonly pointer: string;
  readonly rule: QualityRule;
  readonly check: StatedCheck;
}

function statedChecks({ quality = [], properties = [] }: Static<typeof DatasetChecksSchema>): Located[] {
  return [
    ...quality.map((rule, i) => locate(`/quality/${i}`, rule, null)),
    ...properties.flatMap((property, i) =>
      property.quality.map((rule, j) => locate(`/properties/${i}/quality/${j}`, rule, property.name)),
    ),
  ];
}

function locate(pointer: string, rule: QualityRule, property: string | null): Located {
  const { metric } = rule;
  const unit = rule.unit ?? (metric === "freshness" ? "hours" : "rows");
  const check = { key: rule.id ?? keyOf(metric, property), metric, property, unit, operators: operatorsOf(rule) };
  return { pointer, rule, check };
}

function readStated(text: string, datasets: CheckedFields): ChecksFile {
  const { value, lineOf } = readLocated(text, wrong);
  if (!check.Check(value)) {
    const errors = [...check.Errors(value)].slice(0, MOST_ERRORS);
    throw wrong(
      errors.map(({ instancePath, message }) => `line ${lineOf(instancePath)}: ${nameOf(instancePath)} ${message}`),
    );
  }
  const problems = Object.entries(value.datasets).flatMap(([name, stated]) =>
    problemsOf(name, stated, datasets).map(({ pointer, problem }) => {
      const place = `/datasets/${name}${pointer}`;
      return `line ${lineOf(place)}: ${nameOf(place)} ${problem}`;
    }),
  );
  if (problems.length > 0) throw wrong(problems);
  return value;
}

interface Problem {
  readonly pointer: string;
  readonly problem: string;
}

/** Returns what the schema cannot see: names that are none, conditions that say nothing, two checks of one key. */
function problemsOf(name: string, stated: Static<typeof DatasetChecksSchema>, datasets: CheckedFields): Problem[] {
  const fields = datasets.get(name);
  if (fields === undefined) {
    return [{ pointer: "", problem: `is no dataset; there are ${[...datasets.keys()].join(", ")}` }];
  }
  const problems: Problem[] = (stated.properties ?? []).flatMap((property, i) =>
    fields.includes(property.name)
      ? []
      : [{ pointer: `/properties/${i}/name`, problem: `is no field of ${name}; it has ${fields.join(", ")}` }],
  );
  const meansElse = takenIds(fields);
  const seen = new Set<string>();
  for (const { pointer, rule, check } of statedChecks(stated)) {
    const problem = problemOfRule(rule);
    if (problem !== undefined) problems.push({ pointer, problem });
    if (check.key !== keyOf(check.metric, check.property) && meansElse.has(check.key))
      problems.push({ pointer, problem: `has an id that is taken: ${check.key} means something else` });
    if (seen.has(check.key))
      problems.push({ pointer, problem: `has the same key as another check, ${check.key}; give it an id` });
    seen.add(check.key);
  }
  return problems;
}

/** Returns the keys of checks without an id, and the causes of alerts that are about no check of that id. */
function takenIds(fields: readonly string[]): ReadonlySet<string> {
  const keys = [null, ...fields].flatMap((field) => CHECK_METRIC_NAMES.map((metric) => keyOf(metric, field)));
  return new Set([...keys, ...fields, "schedule"]);
}

function nameOf(pointer: string): string {
  return pointer === "" ? "the file" : pointer.slice(1).replaceAll("/", ".");
}

function wrong(problems: readonly string[]): ConfigurationError {
  return new ConfigurationError(`the file that LETHE_CHECKS_FILE names is wrong: ${problems.join("; ")}`);
}
