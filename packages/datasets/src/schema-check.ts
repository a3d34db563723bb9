import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import type { Rejection } from "./dataset.js";

export interface SchemaCheck<T extends TSchema> {
  fits(record: unknown): record is Static<T>;
  /** Describes what is wrong with a record that does not fit. */
  explain(record: unknown): Rejection;
}

/** Compiles a schema into a check when it is first asked: commands that read no record need none. */
export function compileSchema<T extends TSchema>(schema: T): SchemaCheck<T> {
  let compiled: ReturnType<typeof Compile<TSchema>> | undefined;
  const check = () => {
    compiled ??= Compile<TSchema>(schema);
    return compiled;
  };
  return {
    fits: (record): record is Static<T> => check().Check(record),
    explain(record) {
      const [error] = check().Errors(record);
      if (error === undefined) return schemaRejection("", "does not fit the schema");
      switch (error.keyword) {
        case "required":
          return schemaRejection(
            `${error.instancePath}/${pointerPart(error.params.requiredProperties[0] ?? "")}`,
            "is missing",
          );
        case "boolean":
          return { ...schemaRejection(error.instancePath, ""), message: "unknown field" };
        case "type":
          return schemaRejection(
            error.instancePath,
            `is ${kindOf(nodeAt(record, error.instancePath))}, must be ${[error.params.type].flat().map(nameType).join(" or ")}`,
          );
        case "pattern": {
          const words = Reflect.get(Object(nodeAt(schema, error.schemaPath.slice(1))), "description");
          return schemaRejection(error.instancePath, typeof words === "string" ? `must be ${words}` : error.message);
        }
        default:
          return schemaRejection(error.instancePath, error.message);
      }
    },
  };
}

/** Creates the rejection of a record for one of its fields; `complaint` holds no value. */
export function schemaRejection(pointer: string, complaint: string): Rejection {
  return { reason: "schema", pointer, message: `the field ${complaint}`, missingKey: null };
}

/** Names the kind of a value, which is not to be shown itself. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isInteger(value) ? "a whole number" : "a number with decimals";
  return nameType(typeof value);
}

function nameType(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};

/** Returns what a JSON pointer names; undefined where it names nothing. */
function nodeAt(root: unknown, pointer: string): unknown {
  let node = root;
  for (const part of pointer.split("/").slice(1)) {
    if (typeof node !== "object" || node === null) return undefined;
    node = Reflect.get(node, part.replace(/~1/g, "/").replace(/~0/g, "~"));
  }
  return node;
}

function pointerPart(name: string): string {
  return name.replace(/~/g, "~0").replace(/\//g, "~1");
}
