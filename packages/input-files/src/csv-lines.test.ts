import { Readable } from "node:stream";
import { badRowOf } from "@lethe/contracts/csv-row-problem";
import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, type Cuts, endless, inPieces, LIMITS, linesOf } from "../test/lines.js";
import { readLines } from "./read-lines.js";

/** Returns a file's records and bad rows. */
async function read(text: string | Buffer, cuts: Cuts = [], maxRecordBytes?: number): Promise<unknown[]> {
  return (await readNumbered(text, cuts, maxRecordBytes)).map(([_line, record]) => record);
}

/** Returns them with the numbers of their lines, from 1. */
async function readNumbered(text: string | Buffer, cuts: Cuts = [], maxRecordBytes?: number) {
  const limits = maxRecordBytes === undefined ? {} : { maxRecordBytes };
  const lines = await linesOf(inPieces(Buffer.from(text), cuts), "csv", limits);
  return lines.flatMap((line, i) => (line === "" ? [] : [[i + 1, JSON.parse(line)] as const]));
}

/** Reads a file of a dataset with two columns. */
async function readColumns(text: string): Promise<number> {
  const columns = { columns: ["id", "name"], required: ["id"] };
  let lines = 0;
  for await (const chunk of readLines(Readable.from([Buffer.from(text)]), "csv", LIMITS, columns)) lines += chunk.lines;
  return lines;
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

  it("keeps its rows in order when some have more or fewer fields than the header; those are told with their rows", async () => {
    const many = Array.from({ length: 200 }, (_, i) => (i % 7 === 3 ? `${i},a,b` : i % 7 === 5 ? `${i}` : `${i},a`));
    const rows = await read(["id,name", ...many].join("\n"));
    const expected = many.map((line, i) => {
      const has = line.split(",").length;
      return has === 2 ? { id: String(i), name: "a" } : [{ row: i + 2, problem: "fields", has, wants: 2 }, line];
    });
    expect(rows).toEqual(expected);
    expect(badRowOf(rows[3])?.[0]).toEqual({ row: 5, problem: "fields", has: 3, wants: 2 });
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

  it("must have a header, if its columns are given: names that are most of a row, or all required ones", async () => {
    for (const text of ["x, ID ,Name\n1,2,3\n", "name,id\nx,1\n", "id,x,y,z\n1,2,3,4\n", ",,\n\nid,name\n1,2\n"]) {
      expect(await readColumns(text)).toBeGreaterThan(1);
    }
    for (const text of ["041031,Ann,Ott\n041032,Bob,Ott\n", "041031,Ann\n", "id;name\n1;Ann\n", "7,name,Ann,9\n"]) {
      await expect(readColumns(text)).rejects.toThrow(/^the file has no header row: .* set columns for the dataset/);
    }
  });

  it("numbers its rows as a spreadsheet does, with its header and blank rows, whatever line ends they have", async () => {
    const text = '\n,\nid,name\r\n1,a\r\n,\r\n"2","b\nc"\n\nid,name\n3,d\n4\n';
    expect(await readNumbered(text)).toEqual([
      [4, { id: "1", name: "a" }],
      [6, { id: "2", name: "b\nc" }],
      [9, { id: "3", name: "d" }],
      [10, [{ row: 10, problem: "fields", has: 1, wants: 2 }, "4"]],
    ]);
  });

  it("may repeat its header, as files that were joined do, but not have another one", async () => {
    expect(await readColumns("id,name\n1,a\nid,name\n2,b\n")).toBe(4);
    await expect(readColumns("id,name\n1,a\nname,id\nb,2\n")).rejects.toThrow("row 3 is another header");
  });

  it("has every column of its header, whatever its name", async () => {
    const [row] = await read("__proto__,constructor,a.b\nx,y,z\n");
    expect(Object.entries(row ?? {})).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
      ["a.b", "z"],
    ]);
  });

  it("cannot be read with two columns of one field: one of them would be lost; other names may come twice", async () => {
    await expect(readColumns("id,name, ID\n1,a,2\n")).rejects.toThrow(
      "two columns have the same name, that of the field id",
    );
    expect(await read("id,note,note,note_2\n1,a,b,c\n")).toEqual([{ id: "1", note: "a", note_3: "b", note_2: "c" }]);
  });

  it("cannot be read with a header of more columns than the limit; another row costs itself alone", async () => {
    const row = (columns: number) => Array.from({ length: columns }, (_, i) => `c${i}`).join(",");
    expect(await read(`${row(20)}\n${row(19)}c\n`)).toHaveLength(1);
    await expect(read(`${row(21)}\n`)).rejects.toThrow("row 1 has more than 20 columns (LETHE_MAX_COLUMNS)");
    expect(await read(`id\n1\n${row(21)}\n`)).toMatchObject([{ id: "1" }, [{ row: 3, has: 21, wants: 1 }, row(21)]]);
  });

  it("cannot be read with a very long name, which every row would repeat", async () => {
    expect(await read(`${"n".repeat(128)}\n1\n`)).toHaveLength(1);
    await expect(read(`${"n".repeat(129)}\n1\n`)).rejects.toThrow("a column's name is longer than 128 characters");
  });

  it("loses one row to a quote that is not closed; one in the header costs the file", async () => {
    expect(await readNumbered('id,name\n1,"a\n2,b\n')).toEqual([
      [2, [{ row: 2, problem: "quote" }, '1,"a']],
      [3, { id: "2", name: "b" }],
    ]);
    await expect(read('id,"name\n1,a\n2,b\n')).rejects.toThrow("row 1, the header, has a quote that is not closed");
  });

  it("loses one row to bytes that are not UTF-8, whose bytes it keeps; a file of such rows is in another encoding", async () => {
    const torn = Buffer.from("id\né").subarray(0, -1);
    expect(await read(torn)).toEqual([[{ row: 2, problem: "utf8" }, Buffer.from([0xc3]).toString("base64")]]);
    const latin1 = (rows: readonly string[]) => Buffer.from(`id,name\n${rows.join("\n")}`, "latin1");
    await expect(read(latin1(["1,Zoë", "2,Ann", "3,Jürgen", "4,René"]))).rejects.toThrow(
      /^the file is not UTF-8; .* set encoding, such as windows-1252/,
    );
    const damaged = Buffer.concat([latin1(["1,Zo\xeb", "2,\xff", "3,\xff", ""]), Buffer.from("4,é\n".repeat(3))]);
    expect(await read(damaged)).toHaveLength(6);
  });

  it("may have a row as long as the limit; a quoted field of many lines is one row", async () => {
    const quotedLines = (count: number) => `"${"line\n".repeat(count)}"`;
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await read(`id,name\n1,${quotedLines(18)}\n2,b\n`, cuts, 100)).toHaveLength(2);
        const rows = await read(`id,name\n1,a\n2,${quotedLines(20)}\n3,c\n`, cuts, 100);
        expect(rows.slice(0, 2)).toMatchObject([{ id: "1" }, [{ row: 3, problem: "quote" }, '2,"line']]);
        expect(rows.at(-1)).toEqual({ id: "3", name: "c" });
        await expect(read(`id,name\n1,a\n2,${"x".repeat(100)}\n`, cuts, 100)).rejects.toThrow(
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

  it("fails at a line of 50 MB before it has read four MB of it", async () => {
    for (const start of ["id\n", 'id\n"']) {
      const { source, taken } = endless(Buffer.from("x".repeat(1024 * 1024)), 50);
      const opened = (async function* () {
        yield Buffer.from(start);
        yield* source;
      })();
      await expect(linesOf(opened, "csv", { maxRecordBytes: 1024 * 1024 })).rejects.toThrow(UnreadableFileError);
      expect(taken()).toBeLessThanOrEqual(4);
    }
  });

  it("gives the rows behind a quote that is never closed before it has read four MB of them", async () => {
    const { source, taken } = endless(Buffer.from("7,some text\n".repeat(80_000)), 50);
    const opened = (async function* () {
      yield Buffer.from('id,name\n1,"');
      yield* source;
    })();
    const rows = readLines(opened, "csv", { ...LIMITS, maxRecordBytes: 1024 * 1024 })[Symbol.asyncIterator]();
    expect((await rows.next()).done).toBe(false);
    expect(taken()).toBeLessThanOrEqual(4);
  });
});
