import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

/**
 * Why a row of a CSV file cannot become a record. `above`: it stands above the header row. `fields`: it has `has` fields,
 * while the header has `wants`.
 */
const CsvRowProblemSchema = Type.Object(
  {
    /** As a spreadsheet counts: from 1, with the header, blank rows and all. */
    row: Type.Integer({ minimum: 0 }),
    problem: Type.Enum(["quote", "utf8", "above", "fields"]),
    has: Type.Optional(Type.Integer()),
    wants: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);
export type CsvRowProblem = Readonly<Static<typeof CsvRowProblemSchema>>;

/** A row that cannot become a record, as a line of a batch holds it: its problem and its text, in base64 if it is not UTF-8. */
const CsvBadRow = Compile(Type.Tuple([CsvRowProblemSchema, Type.String()]));

/** Returns the problem and the text of a line of a batch that is a row that cannot become a record; undefined for others. */
export function badRowOf(line: unknown): readonly [problem: CsvRowProblem, text: string] | undefined {
  return Array.isArray(line) && line.length === 2 && CsvBadRow.Check(line) ? line : undefined;
}

/** Describes a row's problem to people, and what to do; it holds no value of the row. */
export function describeBadRow({ row, problem, has = 0, wants = 0 }: CsvRowProblem): string {
  switch (problem) {
    case "quote":
      return `row ${row}: a quote that is not closed, or stands within a quoted field and is not doubled (where the sender writes \\" for it, set escape to backslash for the dataset in LETHE_INPUT_FORMATS)`;
    case "utf8":
      return `row ${row} is not UTF-8; send it as UTF-8, or set encoding, such as windows-1252, for the dataset in LETHE_INPUT_FORMATS`;
    case "above":
      return `row ${row} stands above the header row, so it is no record`;
    case "fields":
      return `row ${row} has ${count(has)}, the header has ${wants}`;
  }
}

function count(fields: number): string {
  return fields === 1 ? "1 field" : `${fields} fields`;
}
