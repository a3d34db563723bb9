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
          return schemaRejection(error.instancePath, "is not a field of the dataset");
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

function pointerPart(name: string): string {
  return name.replace(/~/g, "~0").replace(/\//g, "~1");
}
