import { badRowOf, describeBadRow } from "@lethe/contracts/csv-row-problem";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCuts, inPieces, LIMITS } from "../test/lines.js";
import { type CsvOptions, detectCsvDialect } from "./csv-dialect.js";
import { csvLines } from "./csv-lines.js";
import { plainCsv } from "./plain-csv.js";

const FORM = { columns: ["id", "first_name", "price", "city"], required: ["id", "first_name"], decimals: ["price"] };

type Cuts = Parameters<typeof inPieces>[1];

const detect = (text: string | Buffer, set: Omit<CsvOptions, "form"> = {}) =>
  detectCsvDialect(Buffer.from(text), { form: FORM, ...set });

async function plain(text: string | Buffer, set: Omit<CsvOptions, "form"> = {}, cuts: Cuts = []): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of plainCsv(inPieces(Buffer.from(text), cuts), detect(text, set), LIMITS)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Returns a file's records by row, as they are read from its plain form; bad rows by their messages and texts. */
async function rowsOf(text: string | Buffer, set: Omit<CsvOptions, "form"> = {}, cuts: Cuts = []) {
  const source = detect(text, set).isPlain ? Buffer.from(text) : await plain(text, set, cuts);
  const lines: string[] = [];
  for await (const { bytes } of csvLines(inPieces(source), LIMITS, FORM))
    lines.push(...bytes.toString("utf8").split("\n").slice(0, -1));
  return lines.flatMap((line, i) => {
    if (line === "") return [];
    const record: unknown = JSON.parse(line);
    const bad = badRowOf(record);
    return [[i + 1, bad === undefined ? record : [describeBadRow(bad[0]), bad[1]]]];
  });
}

const ANN = { id: "1", first_name: "Ann", price: "2.50", city: "Bath" };

describe("a CSV file's dialect", () => {
  it.each([
    ["id,first_name,price,city\n1,Ann,2.50,Bath\n", "CSV"],
    ["\ufeff\r\n,,,\r\nid,first_name,note\r\n1,Ann,\r\n", "CSV"],
    ['"id","first_name"\n1,Ann\n', "CSV"],
    ["id\n1\n", "CSV"],
    ["\n\n", "CSV"],
    ["", "CSV"],
  ])("is plain: %j", (text, description) => {
    expect(detect(text)).toMatchObject({ isPlain: true, description });
  });

  it.each([
    ["id;first_name;price\n1;Ann;2,50\n", "CSV separated by semicolons"],
    ["id\tfirst_name\n1\tAnn\n", "CSV separated by tabs"],
    ["id|first_name|city, town\n1|Ann|Bath\n", "CSV separated by vertical bars"],
    ['\ufeff"sep=;"\r\nid;city\r\n1;Bath\r\n', "CSV separated by semicolons"],
    ["sep=,\nid,city\n1,Bath\n", "CSV with a header written otherwise"],
    ["ID,First Name,City \n1,Ann,Bath\n", "CSV with a header written otherwise"],
    ["Id,firstName,C-i-t-y\n1,Ann,Bath\n", "CSV with a header written otherwise"],
    ['id,city\n1,"12\\" pan, red"\n', "CSV with backslashes before quotes"],
  ])("is another: %j", (text, description) => {
    expect(detect(text)).toMatchObject({ isPlain: false, description });
  });

  it.each([
    "205001,Ada,Test,Bath\n205002,Ada,Test,Bath\n",
    "205001;Ada\n",
    "7,city,Ann,Bath\n8,Bob,Otto,Hull\n",
    "nothing at all\n",
  ])("is none without a header row: %j", (text) => {
    expect(() => detect(text)).toThrow(/^the file has no header row: .* set columns for the dataset/);
  });

  it("cannot have two columns of one field, whatever they are called", () => {
    expect(() => detect("id,first_name,First-Name\n1,a,b\n")).toThrow("that of the field first_name");
    expect(() => detect("id,Vorname,first_name\n1,a,b\n", { names: { Vorname: "first_name" } })).toThrow("first_name");
    expect(detect("id,first_name,note,note\n1,a,b,c\n").isPlain).toBe(true);
  });
});

describe("a CSV file in any dialect", () => {
  it.each([
    ["semicolons", "id;first_name;price;city\n1;Ann;2.50;Bath\n", {}],
    ["tabs", "id\tfirst_name\tprice\tcity\n1\tAnn\t2.50\tBath\n", {}],
    ["bars and old line ends", "id|first_name|price|city\r1|Ann|2.50|Bath\r", {}],
    ["a delimiter that is set", "id~first_name~price~city\n1~Ann~2.50~Bath\n", { delimiter: "~" }],
    ["other case and separators", "ID; First-Name ;PRICE;city\r\n1;Ann;2.50;Bath\r\n", {}],
    ["quoted names", '"Id";"First Name";"Price";"City"\n"1";"Ann";"2.50";"Bath"\n', {}],
    [
      "other names",
      "Kundennummer;Vorname;Preis;Ort\n1;Ann;2.50;Bath\n",
      { names: { kundennummer: "id", Vorname: "first_name", Preis: "price", ORT: "city" } },
    ],
    ["another order", "city;price;first_name;id\nBath;2.50;Ann;1\n", {}],
    ["decimal commas", "id;first_name;price;city\n1;Ann;2,50;Bath\n", { decimalComma: true }],
    ["decimal commas in quotes", 'id,first_name,price,city\n1,Ann,"2,50",Bath\n', { decimalComma: true }],
    ["a delimiter behind each row", "id;first_name;price;city;\n1;Ann;2.50;Bath;\n", {}],
    ["a column without a name", "id;;first_name;price;city\n1;;Ann;2.50;Bath\n", {}],
  ])("comes to the same record with %s", async (_what, text, set) => {
    expect(await rowsOf(text, set)).toEqual([[2, ANN]]);
  });

  it("loads without a header row when its columns are set, and numbers its rows from 1", async () => {
    const columns = ["id", "first_name", "price", "city"];
    expect(await rowsOf("1;Ann;2.50;Bath\n1;Ann;2.50;Bath\n", { columns })).toEqual([
      [1, ANN],
      [2, ANN],
    ]);
    expect(await rowsOf('1,Ann,2.50,Bath\n"x" y,Bob\n1,Ann,2.50,Bath\n', { columns })).toMatchObject([
      [1, ANN],
      [2, [expect.stringContaining("row 2: a quote"), '"x" y,Bob']],
      [3, ANN],
    ]);
    // A header row is one all the same.
    expect(await rowsOf("id;first_name;price;city\n1;Ann;2.50;Bath\n", { columns })).toEqual([[2, ANN]]);
  });

  it("has the row numbers that a spreadsheet shows, with each bad row and its text", async () => {
    const text = Buffer.concat([
      Buffer.from("sep=;\r\nCustomers of May\r\n\r\nid;first_name;price;city\r\n1;Ann;2.50;Bath\r\n;;;\r\n"),
      Buffer.from('2;"Bob "x" y";1;Hull\r\n3;"Eve\r\n4;Otto;1;Bath;more\r\n5;Zo'),
      Buffer.from([0xeb]),
      Buffer.from(';1;Bath\r\nid;first_name;price;city\r\n6;"Ann\nLee";1;Bath\r\n1;Ann;2.50;Bath'),
    ]);
    const expected = [
      [2, ["row 2 stands above the header row, so it is no record", "Customers of May"]],
      [5, ANN],
      [7, [expect.stringMatching(/^row 7: a quote that is not closed/), '2;"Bob "x" y";1;Hull']],
      [8, [expect.stringMatching(/^row 8: a quote that is not closed/), '3;"Eve']],
      [9, ["row 9 has 5 fields, the header has 4", "4;Otto;1;Bath;more"]],
      [
        10,
        [
          expect.stringMatching(/^row 10 is not UTF-8; .* set encoding/),
          Buffer.from("5;Zo\xeb;1;Bath", "latin1").toString("base64"),
        ],
      ],
      [12, { id: "6", first_name: "Ann\nLee", price: "1", city: "Bath" }],
      [13, ANN],
    ];
    expect(await rowsOf(text)).toEqual(expected);
    await fc.assert(
      fc.asyncProperty(anyCuts, async (cuts) => {
        expect(await rowsOf(text, {}, cuts)).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it("is kept as it came if it is plain, and becomes UTF-8 text without bad bytes otherwise", async () => {
    const converted = await plain(Buffer.from("id;city\n1;\xff\n2;x\n", "latin1"));
    expect(converted.toString("utf8")).toBe("\ufeff\ufeffid,city\n\nlethe:utf8,1;\u00ff,\n2,x\n");
    expect(await rowsOf(Buffer.from("id;city\n1;\xff\n", "latin1"))).toMatchObject([[2, [expect.any(String), "MTv/"]]]);
  });

  it("never drops a value that stands in a column without a name, or behind the last one", async () => {
    const text = "id;;city;\n1;;Bath;\n2;x;Bath;\n3;;Bath;x\n4;;Bath\n";
    const has = (row: number, count: number) => `row ${row} has ${count} fields, the header has 4`;
    expect(await rowsOf(text)).toEqual([
      [2, { id: "1", city: "Bath" }],
      [3, [has(3, 4), "2;x;Bath;"]],
      [4, [has(4, 4), "3;;Bath;x"]],
      [5, [has(5, 3), "4;;Bath"]],
    ]);
  });

  it.each([
    ["1.234,56", "1234.56"],
    ["1234,56", "1234.56"],
    ["-0,5", "-0.5"],
    ["12", "12"],
    ["1.234.567", "1234567"],
    ["10.5", "10.5"],
    ["1,234.50", "1,234.50"],
    ["much", "much"],
  ])("with decimal commas has %j for %j", async (written, price) => {
    expect(await rowsOf(`id;price;city\n1;${written};${written}\n`, { decimalComma: true })).toEqual([
      [2, { id: "1", price, city: written }],
    ]);
  });

  it("gives any table back exactly", async () => {
    const cell = fc.array(fc.constantFrom('"', ",", ";", "\t", "\n", "\r\n", "é", "a", " ", "\ufeff", "\\"), {
      maxLength: 4,
    });
    const row = fc.tuple(cell, cell, cell).map((cells) => ["7", ...cells.map((parts) => parts.join(""))]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 5 }),
        fc.constantFrom(",", ";", "\t", "|"),
        anyCuts,
        async (rows, delimiter, cuts) => {
          const line = (cells: readonly string[]) =>
            cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter);
          const text = [line(["ID", "First Name", "price", "City"]), ...rows.map(line)].join("\r\n");
          const found = (await rowsOf(text, { delimiter, escape: "quote" }, cuts)).map(([, record]) =>
            Object.values(record as object),
          );
          expect(found).toEqual(rows);
        },
      ),
      { numRuns: 300 },
    );
  });
});
