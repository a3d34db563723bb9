import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019, type AnySchemaObject } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { fromRepository } from "./repository.js";

/**
 * The folder of JSON schemas that other people's standards publish, of which the repository holds no copy. Where it is not given,
 * tests skip what needs them.
 */
export const STANDARDS_DIR = process.env.LETHE_STANDARDS_DIR;

/** Returns what is wrong with a value by a standard; nothing where it fits. */
export type FindErrors = (value: unknown) => readonly string[];

/** Returns the check of the Open Data Contract Standard 3.1, whose schema is `odcs-json-schema-v3.1.0.json`. */
export function openDataContract(folder: string): FindErrors {
  const ajv = addFormats.default(new Ajv2019({ strict: false, allErrors: true }));
  const fits = ajv.compile(readSchema(join(folder, "odcs-json-schema-v3.1.0.json")));
  return (value) => (fits(value) ? [] : ajv.errorsText(fits.errors, { separator: "\n" }).split("\n"));
}

function readSchema(file: string): AnySchemaObject {
  return JSON.parse(readFileSync(file, "utf8")) as AnySchemaObject;
}

/**
 * Returns the check of OpenLineage 2-0-2: that a value is a run event, and that each facet in it, at whatever depth, fits the schema that it
 * names.
 */
export function openLineageEvent(): FindErrors {
  const folder = fromRepository("tests/fixtures/openlineage");
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  for (const file of readdirSync(folder)) if (file.endsWith(".json")) ajv.addSchema(readSchema(join(folder, file)));
  const errorsBy = (reference: string, value: unknown): string[] => {
    const fits = ajv.getSchema(reference);
    if (fits === undefined) return [`there is no schema ${reference}`];
    if (fits(value) === true) return [];
    return ajv
      .errorsText(fits.errors, { separator: "\n" })
      .split("\n")
      .map((error) => `${reference}: ${error}`);
  };
  return (value) => [
    ...errorsBy("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent", value),
    ...facetsIn(value).flatMap(({ _schemaURL, ...rest }) => errorsBy(_schemaURL, { _schemaURL, ...rest })),
  ];
}

function facetsIn(value: unknown): { readonly _schemaURL: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(facetsIn);
  return "_schemaURL" in value && typeof value._schemaURL === "string"
    ? [{ ...value, _schemaURL: value._schemaURL }, ...inside]
    : inside;
}
