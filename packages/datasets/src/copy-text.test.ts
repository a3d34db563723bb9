import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyField, copyRow } from "./copy-text.js";

/**
 * Reads COPY text format as PostgreSQL documents it: rows end at a newline, fields at a tab, `\N` is null, a backslash
 * takes the special sense of the next character if it has one, and `\.` alone in a row ends the data.
 * https://www.postgresql.org/docs/current/sql-copy.html
 */
function decodeCopy(text: string): (string | null)[][] {
  const special: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };
  const rows: (string | null)[][] = [];
  for (const row of text.split("\n").slice(0, -1)) {
    if (row === "\\.") break;
    expect(row).not.toContain("\r");
    rows.push(
      row.split("\t").map((field) => {
        if (field === "\\N") return null;
        expect(field, "octal and hexadecimal escapes would be read as such").not.toMatch(/(?<!\\)(\\\\)*\\[0-7x]/);
        return field.replace(/\\([\s\S])/g, (_all, character: string) => special[character] ?? character);
      }),
    );
  }
  return rows;
}

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(fc.constantFrom("\\", "\t", "\n", "\r", "N", ".", "n", "t", "x", "4", "\b", "\v", "é", "💥"), {
      maxLength: 12,
    })
    .map((c) => c.join("")),
  fc.constantFrom("\\N", "\\.", "", "\\\\N", "\\"),
);

describe("COPY text", () => {
  it("gives PostgreSQL back every text, and tells null from any of them", () => {
    const row = fc.array(fc.option(text), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        expect(decodeCopy(rows.map(copyRow).join(""))).toEqual(rows);
      }),
      { numRuns: 2_000 },
    );
  });

  it("writes numbers and truth values as PostgreSQL reads them", () => {
    expect(copyRow([1, -0.5, 1e-7, true, false, null])).toBe("1\t-0.5\t1e-7\ttrue\tfalse\t\\N\n");
  });

  it("writes a field alone as it writes it in a row", () => {
    fc.assert(fc.property(text, (value) => copyRow([value]) === `${copyField(value)}\n`));
  });
});
