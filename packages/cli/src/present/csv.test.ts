import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatCsv } from "./csv.js";

const cellOf = (text: string) => formatCsv(["title"], [[text]]).slice("title\r\n".length, -"\r\n".length);

describe("formatCsv", () => {
  it("writes titles and rows, each line ended by CRLF", () => {
    expect(formatCsv(["a", "b"], [])).toBe("a,b\r\n");
    expect(
      formatCsv(
        ["a", "b", "c"],
        [
          ["x", 12, null],
          ["", -1.5, "y"],
        ],
      ),
    ).toBe("a,b,c\r\nx,12,\r\n,-1.5,y\r\n");
  });

  it.each([
    ["plain text", "plain text"],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ["two\nlines", '"two\nlines"'],
    ["two\r\nlines", '"two\r\nlines"'],
    ["a=b", "a=b"],
    ["'=1", "'=1"],
  ])("writes %j as %j", (text, cell) => expect(cellOf(text)).toBe(cell));

  it.each([
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", "'\t=1"],
    ["\r=1", '"\'\r=1"'],
    ['=HYPERLINK("http://example.org","x")', `"'=HYPERLINK(""http://example.org"",""x"")"`],
  ])("lets no spreadsheet take %j for a formula", (text, cell) => expect(cellOf(text)).toBe(cell));

  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("=", "+", "-", "@", "\t", "\r", "\n", '"', "'", ",", "x") }),
  );
  const table = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(text, { minLength: width, maxLength: width }), { maxLength: 5 }));

  it("is read back as it was, but for the apostrophes, and no cell begins like a formula", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const titles = (rows[0] ?? ["only"]).map((_, i) => `title ${i}`);
        const [head, ...read] = readCsv(formatCsv(titles, rows));
        expect(head).toEqual(titles);
        expect(read).toHaveLength(rows.length);
        for (const [i, row] of rows.entries()) {
          for (const [j, cell] of row.entries()) {
            const found = read[i]?.[j] ?? "";
            expect(["=", "+", "-", "@", "\t", "\r"]).not.toContain(found[0]);
            expect([cell, `'${cell}`]).toContain(found);
          }
        }
      }),
    );
  });
});

/** Reads CSV by the grammar of RFC 4180, and throws where it does not fit. */
function readCsv(csv: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  while (at < csv.length) {
    const row: string[] = [];
    for (;;) {
      const field = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(csv.slice(at));
      if (field === null) throw new Error(`no field at ${at} of ${JSON.stringify(csv)}`);
      at += field[0].length;
      row.push(field[1]?.replaceAll('""', '"') ?? field[2] ?? "");
      if (field[3] !== ",") break;
    }
    rows.push(row);
  }
  return rows;
}
