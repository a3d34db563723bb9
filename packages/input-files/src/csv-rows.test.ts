import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, inPieces } from "../test/lines.js";
import { type CsvRow, type CsvRowsOptions, csvRows, PLAIN_SYNTAX, utf8Of } from "./csv-rows.js";

type Cuts = Parameters<typeof inPieces>[1];

async function rowsOf(
  text: string | Buffer,
  options: Partial<CsvRowsOptions> = {},
  cuts: Cuts = [],
): Promise<CsvRow[]> {
  const all: CsvRow[] = [];
  const limits = { ...PLAIN_SYNTAX, maxRecordBytes: 64 * 1024, ...options };
  for await (const rows of csvRows(inPieces(Buffer.from(text), cuts), limits)) all.push(...rows);
  return all;
}

/** Returns the texts of a row's fields, or its problem. */
const seen = ({ fields, problem }: CsvRow) => problem ?? fields.map(utf8Of);

const seenIn = async (text: string | Buffer, options?: Partial<CsvRowsOptions>) =>
  (await rowsOf(text, options)).map(seen);

const delimiters = fc.constantFrom(",", ";", "\t", "|");
const lineEnds = fc.constantFrom("\n", "\r\n", "\r");
const pieces = fc.constantFrom('"', ",", ";", "\t", "|", "a", "b", "0", " ", "é", "💥", "'", "{", "\\", "\u00a0");

function field(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(inner, { maxLength: 5 }).map((characters) => characters.join(""));
}

/** Writes a field, in quotes where it needs them or `isQuoted` says so. */
function written(text: string, isQuoted: boolean, delimiter: string): string {
  const needs = text.includes(delimiter) || /["\r\n]/.test(text);
  return needs || isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table of texts: the first field of each row is not empty, for a row of nothing is none. */
function table(inner: fc.Arbitrary<string>) {
  return fc.integer({ min: 1, max: 4 }).chain((width) => {
    const cells = fc.array(field(inner), { minLength: width - 1, maxLength: width - 1 });
    const quoting = fc.array(fc.boolean(), { minLength: width, maxLength: width });
    const row = fc.record({ first: fc.constantFrom("id", "7", "é"), cells, quoting });
    return fc.array(row, { minLength: 2, maxLength: 7 }).map((rows) => ({
      width,
      rows: rows.map(({ first, cells, quoting }) => ({ texts: [first, ...cells], quoting })),
    }));
  });
}

type Row = { readonly texts: readonly string[]; readonly quoting: readonly boolean[] };

function lineOf({ texts, quoting }: Row, delimiter: string): string {
  return texts.map((text, i) => written(text, quoting[i] ?? false, delimiter)).join(delimiter);
}

describe("the rows of a CSV file", () => {
  it("come back exactly, whatever their delimiter, quoting and line ends are and however the bytes are cut", async () => {
    const withBreaks = fc.oneof(pieces, fc.constantFrom("\n", "\r\n", "\r"));
    await fc.assert(
      fc.asyncProperty(
        table(withBreaks),
        delimiters,
        lineEnds,
        fc.boolean(),
        anyCuts,
        async ({ rows }, delimiter, end, endsInLine, cuts) => {
          const text = rows.map((row) => lineOf(row, delimiter)).join(end) + (endsInLine ? end : "");
          const found = await rowsOf(text, { delimiter }, cuts);
          expect(found.map(seen)).toEqual(rows.map(({ texts }) => texts));
          expect(found.map(({ raw }) => utf8Of(raw)).join("")).toBe(text);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("lose one row at most to one bad quote, wherever it stands, when no field has a line break", async () => {
    await fc.assert(
      fc.asyncProperty(
        table(pieces),
        delimiters,
        lineEnds,
        fc.nat(),
        fc.nat(),
        anyCuts,
        async ({ rows }, delimiter, end, which, where, cuts) => {
          const lines = rows.map((row) => lineOf(row, delimiter));
          const bad = 1 + (which % (rows.length - 1));
          const line = [...(lines[bad] ?? "")];
          line.splice(where % (line.length + 1), 0, '"');
          lines[bad] = line.join("");
          const found = await rowsOf(lines.join(end), { delimiter }, cuts);
          expect(found).toHaveLength(rows.length);
          const others = (_row: unknown, i: number) => i !== bad;
          expect(found.map(seen).filter(others)).toEqual(rows.map(({ texts }) => texts).filter(others));
          expect(utf8Of(found[bad]?.raw ?? "")).toBe(`${lines[bad]}${bad === rows.length - 1 ? "" : end}`);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["a stray quote", 'a,b\n1,"12" pan"\n2,x\n', [["a", "b"], "quote", ["2", "x"]]],
    ["a quote never closed", 'a,b\n1,"x\n2,y\n3,z\n', [["a", "b"], "quote", ["2", "y"], ["3", "z"]]],
    ["bad quotes in two rows", 'a,b\n1,"x" y\n2,"x" y\n3,z\n', [["a", "b"], "quote", "quote", ["3", "z"]]],
    ["a quote closed in the next row", 'a,b\n1,"x\n2,"y"\n3,z\n', [["a", "b"], "quote", ["2", "y"], ["3", "z"]]],
    [
      "a field of two lines with a stray quote",
      'a,b,c\n1,"x "y" z\nw",2\n3,4,5\n',
      [["a", "b", "c"], "quote", ["3", "4", "5"]],
    ],
    ["a field of two lines, never closed", 'a,b,c\n1,"x\ny,2\n3,4,5\n', [["a", "b", "c"], "quote", ["3", "4", "5"]]],
    ["a bad last row", 'a,b\n1,"x', [["a", "b"], "quote"]],
    [
      "no bad quote: inches",
      'a,b\n1,5" pipe\n2,7"\n',
      [
        ["a", "b"],
        ["1", '5" pipe'],
        ["2", '7"'],
      ],
    ],
    [
      "too few fields across lines",
      'a,b,c\n1,"x\ny"\n3,4,5\n',
      [
        ["a", "b", "c"],
        ["1", "x\ny"],
        ["3", "4", "5"],
      ],
    ],
  ])("are told apart beside %s", async (_what, text, rows) => {
    expect(await seenIn(text)).toEqual(rows);
  });

  it("may have quotes with backslashes before them", async () => {
    const text = 'a,b\n1,"12\\" pan"\n2,"back\\\\"\n3,"x""y"\n';
    const rows = [
      ["a", "b"],
      ["1", '12" pan'],
      ["2", "back\\"],
      ["3", 'x"y'],
    ];
    expect(await seenIn(text, { escape: "backslash" })).toEqual(rows);
  });

  it("may end in different ways, be blank or delimiters alone, and have marks and white space around quotes", async () => {
    const text = '\ufeffa,b\r1, "x"\u00a0\r\n\n,\n\ufeff\ufeff2,y\n" ",\n';
    expect(await seenIn(text)).toEqual([["a", "b"], ["1", "x"], [], [], ["2", "y"], [" ", ""]]);
  });

  it("are bad one by one where they are not UTF-8", async () => {
    const text = Buffer.concat([Buffer.from("a,é\n1,"), Buffer.from([0xfc]), Buffer.from("\n2,ü\n")]);
    expect(await seenIn(text)).toEqual([["a", "é"], "utf8", ["2", "ü"]]);
  });

  it("are bounded: a line over the limit is an error, or comes in pieces; a quote is looked for no further", async () => {
    const long = `a,b\n1,"${"x ".repeat(100)}\n2,y\n`;
    await expect(rowsOf(long, { maxRecordBytes: 100 })).rejects.toThrow("record 2 is longer than 100 bytes");
    const cut = await rowsOf(long, { maxRecordBytes: 100, cutsLong: true });
    expect(cut.map(({ raw }) => raw).join("")).toBe(long);
    const spread = `a,b\n1,"${"line\n".repeat(30)}"\n2,y\n`;
    expect((await seenIn(spread, { maxRecordBytes: 100 })).slice(0, 2)).toEqual([["a", "b"], "quote"]);
    expect((await seenIn(spread, { maxRecordBytes: 100 })).at(-1)).toEqual(["2", "y"]);
    expect(await seenIn(spread)).toEqual([
      ["a", "b"],
      ["1", "line\n".repeat(30)],
      ["2", "y"],
    ]);
  });

  it("are not looked for again and again", async () => {
    const inVain = `a,b\n${`1,"x"",\n`.repeat(50)}`;
    const rows = await rowsOf(inVain, { maxRecordBytes: 256 }).catch((error: unknown) => error);
    expect(Array.isArray(rows) ? rows.length : rows).toSatisfy(
      (end) => end === 51 || end instanceof UnreadableFileError,
    );
  });
});
