import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019, type AnySchemaObject, type ValidateFunction } from "ajv/dist/2019.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/**
 * The folder of JSON schemas that other people's standards publish, of which the repository holds no copy: those of OpenLineage in
 * `openlineage/`. Where it is not given, tests leave out what needs them.
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
 * names. Where the standard's schemas are not given, it checks what is stated here: what every event has, and what every facet has.
 */
export function openLineageEvent(folder = STANDARDS_DIR): FindErrors {
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true }));
  const errorsOf = (fits: ValidateFunction, what: string, value: unknown) => {
    if (fits(value) === true) return [];
    const texts = ajv.errorsText(fits.errors, { separator: "\n" }).split("\n");
    return texts.map((error) => `${what}: ${error}`);
  };
  if (folder === undefined) {
    const fitsEvent = ajv.compile(ANY_EVENT);
    const fitsFacet = ajv.compile(ANY_FACET);
    return (value) => [
      ...errorsOf(fitsEvent, "event", value),
      ...facetsIn(value).flatMap((facet) => errorsOf(fitsFacet, facet._schemaURL, facet)),
    ];
  }
  const schemas = join(folder, "openlineage");
  for (const file of readdirSync(schemas)) if (file.endsWith(".json")) ajv.addSchema(readSchema(join(schemas, file)));
  const errorsBy = (reference: string, value: unknown): string[] => {
    const fits = ajv.getSchema(reference);
    return fits === undefined ? [`there is no schema ${reference}`] : errorsOf(fits, reference, value);
  };
  return (value) => [
    ...errorsBy("https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent", value),
    ...facetsIn(value).flatMap(({ _schemaURL, ...rest }) => errorsBy(_schemaURL, { _schemaURL, ...rest })),
  ];
}

const NAMED = {
  type: "object",
  required: ["namespace", "name"],
  properties: { namespace: { type: "string", minLength: 1 }, name: { type: "string", minLength: 1 } },
};
/** What every run event has: https://openlineage.io/docs/spec/object-model */
const ANY_EVENT = {
  type: "object",
  required: ["eventTime", "eventType", "producer", "schemaURL", "run", "job"],
  properties: {
    eventTime: { type: "string", format: "date-time" },
    eventType: { enum: ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"] },
    producer: { type: "string", format: "uri" },
    schemaURL: { type: "string", format: "uri" },
    run: { type: "object", required: ["runId"], properties: { runId: { type: "string", format: "uuid" } } },
    job: NAMED,
    inputs: { type: "array", items: NAMED },
    outputs: { type: "array", items: NAMED },
  },
};
/** What every facet has, and how those of the standard are named. */
const ANY_FACET = {
  type: "object",
  required: ["_producer", "_schemaURL"],
  properties: {
    _producer: { type: "string", format: "uri" },
    _schemaURL: {
      type: "string",
      pattern: "^https://openlineage\\.io/spec/facets/\\d+-\\d+-\\d+/(\\w+Facet)\\.json#/\\$defs/\\w+Facet$",
    },
  },
};

function facetsIn(value: unknown): { readonly _schemaURL: string }[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(facetsIn);
  return "_schemaURL" in value && typeof value._schemaURL === "string"
    ? [{ ...value, _schemaURL: value._schemaURL }, ...inside]
    : inside;
}
