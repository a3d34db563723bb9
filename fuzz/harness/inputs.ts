import fc from "fast-check";
import { RECORDS } from "../../packages/datasets/test/records.js";
import type { InputFormat } from "../../packages/input-files/src/input-format.js";

export const SHAPES: readonly InputFormat["shape"][] = ["json", "ndjson", "csv"];

/** What parsers stumble over: syntax, half characters, numbers at their ends, names that objects have by themselves. */
const TOKENS = [
  ...["[", "]", "{", "}", ",", ":", '"', "\\", "\n", "\r", "\r\n", "\t", " ", "'", "", "\0", "\ufeff", "é", "💥"],
  ...["null", "true", "1e999", "-0", "0x10", "9007199254740993", "0.1", "NaN", "\\u0000", "\\ud83d", "\\\\", '\\"'],
  ...['"__proto__"', '"constructor"', '"toString"', '"id"', '""', "{}", "[]", '{"a":', "=1+1", "[[[[[[[[[["],
] as const;

/** Text made of tokens, which gets further into a parser than characters drawn at random. */
const syntax: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...TOKENS), { maxLength: 24 })
  .map((tokens) => tokens.join(""));

/** Text of any kind. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  syntax,
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
);

interface Change {
  readonly kind: "set" | "delete" | "repeat" | "insert" | "end";
  readonly at: number;
  readonly length: number;
  readonly byte: number;
  readonly token: string;
}

const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("set", "delete", "repeat", "insert", "end"),
    at: fc.nat(4_000),
    length: fc.nat(40),
    byte: fc.nat(255),
    token: fc.constantFrom(...TOKENS),
  }),
  { maxLength: 4 },
);

/** Bytes that are nearly as they should be. */
export function mutated(valid: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.tuple(valid, changes).map(([bytes, list]) => list.reduce(change, bytes));
}

function change(bytes: Buffer, { kind, at, length, byte, token }: Change): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)];
  switch (kind) {
    case "set":
      return Buffer.concat([before, Buffer.of(byte), after.subarray(1)]);
    case "delete":
      return Buffer.concat([before, after.subarray(length)]);
    case "repeat":
      return Buffer.concat([before, after.subarray(0, length), after]);
    case "insert":
      return Buffer.concat([before, Buffer.from(token), after]);
    case "end":
      return before;
  }
}

/** A file of a shape, as the retailer sends it. */
export function validFile(shape: InputFormat["shape"]): fc.Arbitrary<Buffer> {
  const records = fc.array(fc.constantFrom(...Object.values(RECORDS)), { minLength: 1, maxLength: 4 });
  if (shape === "csv") return fc.constantFrom(...Object.values(RECORDS)).map((record) => csvOf(record));
  const lines = records.map((list) => list.map((record) => `${JSON.stringify(record)}\n`).join(""));
  if (shape === "ndjson") return lines.map((text) => Buffer.from(text));
  const array = fc
    .tuple(records, fc.constantFrom(undefined, 2))
    .map(([list, space]) => JSON.stringify(list, null, space));
  const object = records.map(([first]) => JSON.stringify(first, null, 1));
  return fc.oneof(lines, array, object).map((text) => Buffer.from(text));
}

function csvOf(record: object): Buffer {
  const cells = (values: readonly unknown[]) =>
    values.map((value) => `"${(typeof value === "string" ? value : JSON.stringify(value)).replaceAll('"', '""')}"`);
  const row = cells(Object.values(record)).join(",");
  return Buffer.from(`${Object.keys(record).join(",")}\n${row}\r\n${row}\n`);
}

/** A file's bytes of any kind, with the shape that its name says. */
export const anyFile: fc.Arbitrary<readonly [InputFormat["shape"], Buffer]> = fc.oneof(
  ...SHAPES.map((shape) => fc.tuple(fc.constant(shape), mutated(validFile(shape)))),
  fc.tuple(
    fc.constantFrom(...SHAPES),
    fc.oneof(
      anyText.map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    ),
  ),
);
