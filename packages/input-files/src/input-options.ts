import type { DatasetName } from "@lethe/contracts/datasets";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type, { type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";

const FieldName = Type.String({ minLength: 1, maxLength: 128 });

/** How the sender writes the files of one dataset, where content alone does not show it. */
const InputOptionsSchema = Type.Object(
  {
    /** The label of a text encoding as the WHATWG's Encoding Standard has them: `windows-1252`, `utf-16le`. */
    encoding: Type.Optional(Type.String()),
    /** What separates the fields of CSV; without it, the header shows it. A character of ASCII that is none of a word's. */
    delimiter: Type.Optional(Type.String({ pattern: "^[\\t!#$%&*+,/:;<=>?@^`|~]$" })),
    /** `backslash`: a quote within a quoted field is written `\"`, as MySQL does. Without it, the first rows show it. */
    escape: Type.Optional(Type.Enum(["quote", "backslash"])),
    /** Whether numbers of CSV are written `1.234,56`. */
    decimalComma: Type.Optional(Type.Boolean()),
    /** The fields of the columns of CSV files that have no header row, in their order. */
    columns: Type.Optional(Type.Array(FieldName, { minItems: 1, uniqueItems: true })),
    /** Names in the header of CSV files, each with the field that it stands for. */
    names: Type.Optional(Type.Record(Type.String(), FieldName)),
  },
  { additionalProperties: false },
);
export type InputOptions = Readonly<Static<typeof InputOptionsSchema>>;

const AllOptions = Compile<TSchema>(Type.Record(Type.String(), InputOptionsSchema));

/** A dataset as far as the options name it: its fields are those that stand as columns in CSV. */
interface NamedDataset {
  readonly name: DatasetName;
  readonly columns: readonly string[];
}

/**
 * Reads the setting `LETHE_INPUT_FORMATS`: a JSON object of options by dataset. Returns the options of each dataset that
 * has some. Throws ConfigurationError for text that is no JSON, an unknown key, dataset, field or encoding.
 */
export function parseInputFormats(
  json: string,
  datasets: readonly NamedDataset[],
): ReadonlyMap<DatasetName, InputOptions> {
  const options = parseJson(json);
  if (!AllOptions.Check(options)) {
    const problems = AllOptions.Errors(options).map(({ instancePath, message, params }) => {
      const where = instancePath.slice(1).replaceAll("/", ".") || "the whole";
      const unknown = "additionalProperties" in params ? ` (${params.additionalProperties.join(", ")})` : "";
      return `${where} ${message}${unknown}`;
    });
    throw wrong([...new Set(problems)]);
  }
  const byDataset = Object.entries(options as Readonly<Record<string, InputOptions>>);
  const problems = byDataset.flatMap(([name, of]) => {
    const dataset = datasets.find((known) => known.name === name);
    if (dataset === undefined) {
      return [`there is no dataset ${name}; there are ${datasets.map((known) => known.name).join(", ")}`];
    }
    return problemsOf(dataset, of);
  });
  if (problems.length > 0) throw wrong(problems);
  return new Map(byDataset);
}

function problemsOf({ name, columns }: NamedDataset, { encoding, columns: order, names }: InputOptions): string[] {
  const unknown = [...(order ?? []), ...Object.values(names ?? {})].filter((field) => !columns.includes(field));
  const problems = unknown.map((field) => `${name} has no field ${field}; its fields are ${columns.join(", ")}`);
  if (encoding !== undefined && !isEncoding(encoding)) {
    problems.push(
      `${name}.encoding is no encoding that Lethe reads; windows-1252 and utf-16le are some of those that it does`,
    );
  }
  return problems;
}

function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new ConfigurationError("LETHE_INPUT_FORMATS is not JSON", { cause: error });
  }
}

function wrong(problems: readonly string[]): ConfigurationError {
  return new ConfigurationError(`LETHE_INPUT_FORMATS is wrong: ${problems.join("; ")}`);
}
