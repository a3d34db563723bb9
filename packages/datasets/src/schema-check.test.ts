import Type from "typebox";
import { describe, expect, it } from "vitest";
import { createDatasets } from "./create-datasets.js";
import { compileSchema } from "./schema-check.js";

const datasets = createDatasets();

describe("what is wrong with a record", () => {
  const { explain } = compileSchema(
    Type.Object(
      {
        text: Type.Optional(Type.String()),
        number: Type.Optional(Type.Integer()),
        "a/b": Type.Optional(Type.Object({ c: Type.Optional(Type.String({ pattern: "^x$", description: "an x" })) })),
      },
      { additionalProperties: false },
    ),
  );

  it.each([
    [{ text: null }, "/text", "the field is null, must be text"],
    [{ text: ["secret"] }, "/text", "the field is a list, must be text"],
    [{ text: true }, "/text", "the field is true or false, must be text"],
    [{ number: "secret" }, "/number", "the field is text, must be a whole number"],
    [{ number: 1.5 }, "/number", "the field is a number with decimals, must be a whole number"],
    [{ "a/b": { c: null } }, "/a~1b/c", "the field is null, must be text"],
    [{ "a/b": { c: "secret" } }, "/a~1b/c", "the field must be an x"],
    [{ unheard: 1 }, "/unheard", "unknown field"],
    [null, "", "the field is null, must be an object"],
  ])("of %j is said by kind, and never by value", (record, pointer, message) => {
    expect(explain(record)).toMatchObject({ pointer, message });
  });
});

it("shows nobody a pattern", () => {
  for (const { contract } of datasets.all) {
    const strings: unknown[] = [];
    JSON.stringify(contract, (_, node: unknown) => {
      if (typeof node === "object" && node !== null && "pattern" in node) strings.push(node);
      return node;
    });
    for (const schema of strings) expect(schema).toHaveProperty("description");
  }
});
