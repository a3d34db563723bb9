import { Readable } from "node:stream";
import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, type Cuts, endless, inPieces, LIMITS, linesOf } from "../test/lines.js";
import { readLines } from "./read-lines.js";

async function read(text: string | Buffer, cuts: Cuts = [], maxRecordBytes?: number): Promise<unknown[]> {
  const limits = maxRecordBytes === undefined ? {} : { maxRecordBytes };
  const lines = await linesOf(inPieces(Buffer.from(text), cuts), "csv", limits);
  return lines.map((line) => JSON.parse(line));
}

/** Writes a field as RFC 4180 has it. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

const field = fc
  .array(fc.constantFrom('"', ",", "\n", "\r\n", "a", "b", "0", " ", "é", "💥", "{", "\\"), { maxLength: 6 })
  .map((characters) => characters.join(""));

describe("a CSV file", () => {
  it("gives an object of texts for each row, however its bytes come", async () => {
    const row = fc.tuple(fc.constantFrom("013000", "x"), field, field);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 8 }),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        anyCuts,
        async (rows, end, ends, cuts) => {
          const lines = [["id", "name", "note"], ...rows].map((fields) => fields.map(quoted).join(","));
          const csv = lines.join(end) + (ends ? end : "");
          expect(await read(csv, cuts)).toEqual(rows.map(([id, name, note]) => ({ id, name, note })));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps its rows in order when some have more or fewer fields than the header; those become arrays", async () => {
    const many = Array.from({ length: 200 }, (_, i) => (i % 7 === 3 ? `${i},a,b` : i % 7 === 5 ? `${i}` : `${i},a`));
    const rows = await read(["id,name", ...many].join("\n"));
    expect(rows).toEqual(
      many.map((line, i) => (line.split(",").length === 2 ? { id: String(i), name: "a" } : line.split(","))),
    );
  });

  it("holds no more rows in memory for being ragged", async () => {
    const { source, taken } = endless(Buffer.from("only-one-field\n".repeat(10_000)), 20);
    const withHeader = (async function* () {
      yield Buffer.from("id,name\n");
      yield* source;
    })();
    const first = await readLines(withHeader, "csv", { ...LIMITS, maxRecordBytes: 1024 })
      [Symbol.asyncIterator]()
      .next();
    expect(first.done).toBe(false);
    expect(taken()).toBeLessThan(20);
  });

  it("skips blank lines, and gives nothing for a header alone or an empty file", async () => {
    expect(await read("id,name\n\n1,a\n\n\n2,b\n\n")).toEqual([
      { id: "1", name: "a" },
      { id: "2", name: "b" },
    ]);
    expect(await read("id,name\n")).toEqual([]);
    expect(await read("")).toEqual([]);
  });

  it("may start with a byte order mark, also one that comes byte by byte", async () => {
    expect(await read("\ufeffid\n1\n")).toEqual([{ id: "1" }]);
    expect(await read("\ufeffid\n1\n", [1, 2, 3])).toEqual([{ id: "1" }]);
  });

  it("may have byte order marks at other rows, as of files that were joined, however its bytes come", async () => {
    const joined = '\r\n\ufeffid,name\r\n1,a\ufeff\r\n\ufeff\ufeff2,\uf000\r\n\uf0003,"\n\ufeff"\r\n';
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await read(joined, cuts)).toEqual([
          { id: "1", name: "a\ufeff" },
          { id: "2", name: "\uf000" },
          { id: "\uf0003", name: "\n\ufeff" },
        ]);
      }),
    );
  });

  it("must have a header that names one of the columns, if they are given", async () => {
    const columns = new Set(["id", "name"]);
    const reading = async (text: string) => {
      for await (const chunk of readLines(Readable.from([Buffer.from(text)]), "csv", LIMITS, columns))
        return chunk.lines;
      return 0;
    };
    expect(await reading("x, ID \n1,2\n")).toBe(1);
    for (const text of ["041031,Ann,Ott\n041032,Bob,Ott\n", "041031,Ann\n", "id;name\n1;Ann\n", '"","",""\n']) {
      await expect(reading(text)).rejects.toThrow(/^the file has no header row: .* names none of the dataset's fields/);
    }
  });

  it("has every column of its header, whatever its name", async () => {
    const [row] = await read("__proto__,constructor,a.b\nx,y,z\n");
    expect(Object.entries(row ?? {})).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
      ["a.b", "z"],
    ]);
  });

  it("cannot be read with two columns of one name: one of them would be lost", async () => {
    await expect(read("id,name,id\n1,a,2\n")).rejects.toThrow(UnreadableFileError);
  });

  it("cannot be read with a row of more columns than the limit, be it the header or another", async () => {
    const row = (columns: number) => Array.from({ length: columns }, (_, i) => `c${i}`).join(",");
    expect(await read(`${row(20)}\n${row(20)}\n`)).toHaveLength(1);
    await expect(read(`${row(21)}\n`)).rejects.toThrow("row 1 has more than 20 columns (LETHE_MAX_COLUMNS)");
    await expect(read(`id\n1\n${row(21)}\n`)).rejects.toThrow("row 3 has more than 20 columns (LETHE_MAX_COLUMNS)");
  });

  it("cannot be read with a very long name, which every row would repeat", async () => {
    expect(await read(`${"n".repeat(128)}\n1\n`)).toHaveLength(1);
    await expect(read(`${"n".repeat(129)}\n1\n`)).rejects.toThrow("a column's name is longer than 128 characters");
  });

  it("cannot be read if quotes do not end", async () => {
    await expect(read('id,name\n1,"a\n2,b\n')).rejects.toThrow(UnreadableFileError);
  });

  it("cannot be read if it is not UTF-8, also where a character is torn at the end", async () => {
    await expect(read(Buffer.from([0x69, 0x64, 0x0a, 0xff, 0x0a]))).rejects.toThrow("the file is not UTF-8");
    await expect(read(Buffer.from("id\né").subarray(0, -1))).rejects.toThrow("the file is not UTF-8");
  });

  it("may have a row as long as the limit, and none longer; a quoted field of many lines is one row", async () => {
    const quotedLines = (count: number) => `"${"line\n".repeat(count)}"`;
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await read(`id,name\n1,${quotedLines(18)}\n2,b\n`, cuts, 100)).toHaveLength(2);
        await expect(read(`id,name\n1,a\n2,${quotedLines(20)}\n`, cuts, 100)).rejects.toThrow(
          "record 3 is longer than 100 bytes",
        );
      }),
      { numRuns: 50 },
    );
  });

  it("takes a quote within a field for itself: it opens nothing", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `${i},5" pipe`);
    expect(await read(["id,name", ...rows].join("\n"), [], 100)).toHaveLength(30);
  });

  it("fails at a line of 50 MB, and at a quote that opens 50 MB, before it has read four MB of them", async () => {
    for (const piece of ["x".repeat(1024 * 1024), `"${"some text\n".repeat(100_000)}`.replaceAll('"', "")]) {
      const { source, taken } = endless(Buffer.from(piece), 50);
      const opened = (async function* () {
        yield Buffer.from('id\n"');
        yield* source;
      })();
      await expect(linesOf(opened, "csv", { maxRecordBytes: 1024 * 1024 })).rejects.toThrow(UnreadableFileError);
      expect(taken()).toBeLessThanOrEqual(4);
    }
  });
});
