import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019, type AnySchemaObject } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";

/**
 * The folder of JSON schemas that other people's standards publish; the repository holds no copy of them. Where it is not given,
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
