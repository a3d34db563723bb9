import type { DatabaseDeclaration } from "@lethe/contracts/data-map";
import type { DatasetName } from "@lethe/contracts/datasets";
import { ConfigurationError, NotFoundError } from "@lethe/contracts/errors";
import type { MaskableFields } from "@lethe/privacy/policy";
import * as definitions from "./all-datasets.js";
import type { Dataset, ErasureRequests } from "./dataset.js";
import { type DatasetDefinition, defineDataset } from "./define-dataset.js";
import { requireErasable } from "./require-erasable.js";

/** The datasets of this installation. */
export interface Datasets {
  /** In the order in which a full load runs them: what others refer to comes first, erasure requests come last. */
  readonly all: readonly Dataset[];
  readonly names: readonly DatasetName[];
  /** The names of each dataset's declared fields, of which checks may be stated. */
  readonly checkedFields: ReadonlyMap<DatasetName, readonly string[]>;
  /** Reports whether a text from outside names a dataset. */
  has(name: string): boolean;
  /** Returns a dataset by its name. Throws NotFoundError. */
  get(name: DatasetName): Dataset;
  /** The dataset whose records ask for a person to be erased. */
  readonly requests: Dataset & { readonly erasure: ErasureRequests };
  /** Every dataset's fields, as the masking policy must name them. */
  readonly fields: MaskableFields;
  /** What the database is told of them: tables, rights, views and staging tables derive from it. */
  readonly database: DatabaseDeclaration;
  /** Names of input fields and columns that are about a person, for the redaction of logs. */
  readonly personalNames: readonly string[];
}

/** Creates all datasets. Throws ConfigurationError when they contradict themselves or each other. */
export function createDatasets(declared: readonly DatasetDefinition[] = Object.values(definitions)): Datasets {
  requireErasable(declared);
  const all = inOrder(declared.map(defineDataset));
  const byName = new Map(all.map((dataset) => [dataset.name, dataset]));
  const tables = all.flatMap((dataset) => dataset.tables);
  requireUnique(
    "dataset",
    all.map(({ name }) => name),
  );
  requireUnique(
    "staging table",
    all.flatMap(({ stagingTables }) => stagingTables.map(({ name }) => name)),
  );
  requireUnique(
    "table",
    tables.map(({ name }) => name),
  );
  return {
    all,
    names: all.map(({ name }) => name),
    checkedFields: new Map(all.map(({ name, fields }) => [name, Object.keys(fields)])),
    has: (name) => byName.has(name),
    get(name) {
      const dataset = byName.get(name);
      if (dataset === undefined) {
        throw new NotFoundError(`there is no dataset ${name}; there are ${[...byName.keys()].join(", ")}`);
      }
      return dataset;
    },
    requests: theOneWithRequests(all),
    fields: Object.fromEntries(all.map(({ name, fields }) => [name, fields])),
    database: { tables, stagingTables: all.flatMap((dataset) => dataset.stagingTables) },
    personalNames: personalNamesOf(all),
  };
}

function inOrder(datasets: readonly Dataset[]): Dataset[] {
  const left = [...datasets].sort((a, b) =>
    (a.erasure === undefined) === (b.erasure === undefined)
      ? a.name < b.name
        ? -1
        : 1
      : a.erasure === undefined
        ? -1
        : 1,
  );
  const ordered: Dataset[] = [];
  while (left.length > 0) {
    const at = left.findIndex((dataset) =>
      dataset.runsAfter.every((name) => ordered.some((done) => done.name === name)),
    );
    const [next] = at === -1 ? [] : left.splice(at, 1);
    if (next === undefined) {
      const names = left.map(({ name, runsAfter }) => `${name} after ${runsAfter.join(" and ")}`).join(", ");
      throw new ConfigurationError(`the datasets cannot be put in an order: ${names}`);
    }
    ordered.push(next);
  }
  return ordered;
}

function theOneWithRequests(all: readonly Dataset[]): Datasets["requests"] {
  const [requests, ...others] = all.flatMap((dataset) =>
    dataset.erasure === undefined ? [] : [{ ...dataset, erasure: dataset.erasure }],
  );
  if (requests === undefined || others.length > 0) {
    throw new ConfigurationError("exactly one dataset must take erasure requests");
  }
  return requests;
}

/** A nested field counts by its group's name and by its own: a log line may hold either. */
function personalNamesOf(all: readonly Dataset[]): string[] {
  const names = all.flatMap((dataset) => [
    ...Object.entries(dataset.fields)
      .filter(([, { kind }]) => kind !== "neither")
      .flatMap(([path]) => path.split(".")),
    ...dataset.tables.flatMap(({ columns }) =>
      Object.entries(columns)
        .filter(([, { kind }]) => kind !== "neither")
        .map(([name]) => name),
    ),
  ]);
  return [...new Set(names)].sort();
}

function requireUnique(what: string, names: readonly string[]): void {
  const doubled = names.filter((name, i) => names.indexOf(name) !== i);
  if (doubled.length > 0) throw new ConfigurationError(`the ${what} ${doubled.join(", ")} is declared twice`);
}
