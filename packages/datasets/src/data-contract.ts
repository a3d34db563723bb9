import type { ColumnDeclaration, TableDeclaration } from "@lethe/contracts/data-map";
import Type, { type TObject, type TSchema } from "typebox";
import type { Dataset } from "./dataset.js";
import type { FieldDeclaration } from "./field.js";
import { inputFieldOf } from "./input-field-of.js";

/** A data contract in the form of the Open Data Contract Standard 3.1, as far as Lethe has something to say. */
export interface DataContract {
  readonly apiVersion: "v3.1.0";
  readonly kind: "DataContract";
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly status: "active";
  readonly description: { readonly purpose: string; readonly limitations: string };
  readonly schema: readonly ContractObject[];
  readonly slaProperties: readonly ServiceLevel[];
}

interface ContractObject {
  readonly name: string;
  readonly physicalName: string;
  readonly physicalType: "file" | "table";
  readonly logicalType: "object";
  readonly description: string;
  readonly properties: readonly ContractProperty[];
  readonly quality?: readonly Quality[];
}

/** A field of the input, or a column. */
export interface ContractProperty extends Partial<LogicalType> {
  readonly name: string;
  readonly required?: boolean;
  readonly unique?: boolean;
  readonly primaryKey?: boolean;
  readonly primaryKeyPosition?: number;
  readonly classification?: Classification;
  readonly tags?: readonly string[];
  readonly transformSourceObjects?: readonly string[];
  readonly customProperties?: readonly { readonly property: string; readonly value: string }[];
  readonly quality?: readonly Quality[];
}

interface LogicalType {
  readonly logicalType: "string" | "integer" | "number" | "boolean" | "object" | "array";
  readonly logicalTypeOptions?: Readonly<Record<string, unknown>>;
  readonly properties?: readonly ContractProperty[];
  readonly items?: LogicalType;
}

interface Quality {
  readonly metric: "rowCount" | "nullValues" | "invalidValues" | "duplicateValues";
  readonly dimension: "completeness" | "conformity" | "uniqueness";
  readonly mustBe?: number;
  readonly mustBeGreaterThan?: number;
  readonly unit: "rows";
}

interface ServiceLevel {
  readonly property: string;
  readonly value: number;
  readonly unit: string;
  readonly description: string;
  readonly scheduler: "cron";
  readonly schedule: string;
}

/** `restricted` identifies a person, `confidential` says something about one, `internal` does neither. */
type Classification = "restricted" | "confidential" | "internal";

/** Creates a dataset's contract from its declaration. Its schedule asks for a delivery every `intervalMinutes`. */
export function dataContract(dataset: Dataset, intervalMinutes: number): DataContract {
  return {
    apiVersion: "v3.1.0",
    kind: "DataContract",
    id: `urn:lethe:dataset:${dataset.name}`,
    name: dataset.name,
    version: dataset.version,
    status: "active",
    description: {
      purpose: upperFirst(dataset.description),
      limitations:
        "Records that do not fit stay in quarantine with a reason. Nothing of a person who was erased is delivered, unless the policy keeps it.",
    },
    schema: [inputObject(dataset), ...dataset.tables.map((table) => tableObject(dataset, table))],
    slaProperties: [
      {
        property: "frequency",
        value: intervalMinutes,
        unit: "minutes",
        description: "How long it takes from one run of the schedule that comes with Lethe to the next.",
        scheduler: "cron",
        schedule: dataset.schedule,
      },
    ],
  };
}

/** Creates the part of a dataset's contract that says what senders deliver. */
export function inputObject(dataset: Dataset): ContractObject {
  return {
    name: dataset.name,
    physicalName: `date=YYYY-MM-DD/hour=HH/${dataset.name}.json.gz`,
    physicalType: "file",
    logicalType: "object",
    description: "What senders deliver: files of records by the hour, as JSON, NDJSON or CSV, with or without gzip.",
    properties: propertiesOf(dataset.fields, dataset.contract, ""),
    quality: [{ metric: "rowCount", dimension: "completeness", mustBeGreaterThan: 0, unit: "rows" }],
  };
}

function propertiesOf(fields: Dataset["fields"], schema: TObject, prefix: string): ContractProperty[] {
  return Object.entries(schema.properties).map(([name, property]) => {
    const path = `${prefix}${name}`;
    const { type, isNullable } = withoutNull(property);
    const required = !isNullable && schema.required?.includes(name) === true;
    const field = fields[path] ?? enclosing(fields, path);
    const quality = [
      ...(required ? [NOT_NULL] : []),
      ...(fields[path]?.unlink === "record-id" ? [UNIQUE] : []),
      ...(isBounded(type) ? [VALID] : []),
    ];
    return {
      name,
      ...logicalTypeOf(type, fields, path),
      required,
      ...(fields[path]?.unlink === "record-id" && { unique: true }),
      ...(field !== undefined && describeField(field)),
      ...(quality.length > 0 && { quality }),
    };
  });
}

const NOT_NULL: Quality = { metric: "nullValues", dimension: "completeness", mustBe: 0, unit: "rows" };
const VALID: Quality = { metric: "invalidValues", dimension: "conformity", mustBe: 0, unit: "rows" };
const UNIQUE: Quality = { metric: "duplicateValues", dimension: "uniqueness", mustBe: 0, unit: "rows" };

/** Returns the declaration of the group that a field stands in, where that is declared as a whole. */
function enclosing(fields: Dataset["fields"], path: string): FieldDeclaration | undefined {
  const end = path.lastIndexOf(".");
  if (end === -1) return undefined;
  const group = path.slice(0, end);
  return fields[group] ?? enclosing(fields, group);
}

function describeField({ kind, mask }: FieldDeclaration): Partial<ContractProperty> {
  if (kind === "neither") return { classification: "internal" };
  return { ...classified(kind), customProperties: [{ property: "maskingOfErased", value: mask }] };
}

function classified(kind: ColumnDeclaration["kind"]): Pick<ContractProperty, "classification" | "tags"> {
  if (kind === "neither") return { classification: "internal" };
  return { classification: kind === "identifying" ? "restricted" : "confidential", tags: ["personal-data"] };
}

/** Null may stand in place of a value that a union has beside it. */
function withoutNull(schema: TSchema): { readonly type: TSchema; readonly isNullable: boolean } {
  if (!Type.IsUnion(schema)) return { type: schema, isNullable: false };
  const types = schema.anyOf.filter((type) => !Type.IsNull(type));
  const [only] = types;
  return {
    type: types.length === 1 && only !== undefined ? only : schema,
    isNullable: types.length < schema.anyOf.length,
  };
}

function logicalTypeOf(schema: TSchema, fields: Dataset["fields"], path: string): LogicalType | undefined {
  if (Type.IsObject(schema)) return { logicalType: "object", properties: propertiesOf(fields, schema, `${path}.`) };
  if (Type.IsArray(schema)) {
    const items = logicalTypeOf(schema.items, fields, path);
    return { logicalType: "array", ...options(schema, ARRAY_OPTIONS), ...(items !== undefined && { items }) };
  }
  if (Type.IsString(schema)) return { logicalType: "string", ...options(schema, STRING_OPTIONS) };
  if (Type.IsInteger(schema)) return { logicalType: "integer", ...options(schema, NUMBER_OPTIONS) };
  if (Type.IsNumber(schema)) return { logicalType: "number", ...options(schema, NUMBER_OPTIONS) };
  if (Type.IsBoolean(schema)) return { logicalType: "boolean" };
  return undefined;
}

const STRING_OPTIONS = ["minLength", "maxLength", "pattern"] as const;
const NUMBER_OPTIONS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"] as const;
const ARRAY_OPTIONS = ["minItems", "maxItems"] as const;

function options(schema: TSchema, names: readonly string[]): Pick<LogicalType, "logicalTypeOptions"> {
  const given = Object.entries(schema).filter(([name]) => names.includes(name));
  return given.length === 0 ? {} : { logicalTypeOptions: Object.fromEntries(given) };
}

function isBounded(schema: TSchema): boolean {
  return Object.keys(options(schema, [...STRING_OPTIONS, ...NUMBER_OPTIONS])).length > 0;
}

function tableObject(dataset: Dataset, table: TableDeclaration): ContractObject {
  const key = table.primaryKey.split(",").map((column) => column.trim());
  return {
    name: table.name.slice(table.name.indexOf(".") + 1),
    physicalName: table.name,
    physicalType: "table",
    logicalType: "object",
    description: table.title,
    properties: Object.entries(table.columns).map(([name, column]) => {
      const source = inputFieldOf(dataset, table, name);
      return {
        name,
        ...(key.includes(name) && { primaryKey: true, primaryKeyPosition: key.indexOf(name) + 1 }),
        ...classified(column.kind),
        ...(source !== undefined && { transformSourceObjects: [`${dataset.name}.${source}`] }),
      };
    }),
  };
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
