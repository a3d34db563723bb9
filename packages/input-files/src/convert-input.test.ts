import { gzipSync } from "node:zlib";
import { UnreadableFileError } from "@lethe/contracts/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convert, convertedLines } from "../test/converted.js";
import { ENCODERS, PACKERS, SHAPES } from "../test/forms.js";
import { anyCuts } from "../test/lines.js";

/** Texts that a careless splitter would stumble over. */
const text = fc
  .array(fc.constantFrom("[", "]", "{", "}", "}{", ",", '"', "\\", "\n", "\t", '{"id"', "é", "x", "😀", "\u0001"), {
    maxLength: 6,
  })
  .map((characters) => characters.join(""));
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, ""),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(text, tie("value"), { maxKeys: 3 }),
  ),
})).value;
const record = fc.tuple(fc.nat(999), value, value).map(([id, a, b]) => ({ id, a, items: [{ id: a }, { b }] }));
const records = fc.array(record, { minLength: 1, maxLength: 5 });

const any = <Form>(forms: Readonly<Record<string, Form>>) => fc.constantFrom(...Object.entries(forms));

describe("a file of records", { timeout: 30_000 }, () => {
  it("comes back exactly in whatever shape, packing and encoding it comes, and however its bytes come", async () => {
    await fc.assert(
      fc.asyncProperty(
        records,
        any(SHAPES),
        any(ENCODERS),
        any(PACKERS),
        anyCuts,
        async (all, [, shape], [, encode], [, pack], cuts) => {
          const lines = await convertedLines(pack(encode(shape(all))), cuts);
          // JSON has no -0.
          expect(lines.map((line) => JSON.parse(line))).toEqual(JSON.parse(JSON.stringify(all)));
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each(Object.keys(SHAPES))("keeps the neighbours of a record that is broken: %s", async (name) => {
    const whole = { id: 1, name: "Ada", items: [{ id: 7 }, { id: 8 }] };
    for (const breakIt of BREAKS) {
      const broken = { id: 2, name: "~", items: [{ id: 9 }] };
      const shaped = SHAPES[name]?.([whole, whole, broken, { ...whole, id: 3 }, { ...whole, id: 4 }]) ?? "";
      const at = shaped.indexOf("~");
      const lines = await convertedLines(Buffer.from(breakIt(shaped, at)));
      const read = lines.flatMap((line) => {
        try {
          return [JSON.parse(line)];
        } catch {
          return [];
        }
      });
      const neighbours = read.filter((each) => each.name === "Ada");
      expect(neighbours, breakIt(shaped, at)).toEqual([whole, whole, { ...whole, id: 3 }, { ...whole, id: 4 }]);
      expect(lines.join("\n"), breakIt(shaped, at)).toContain('"id"');
    }
  });

  it("gives the same bytes however they come, whatever they are", async () => {
    const soup = fc
      .array(
        fc.constantFrom(
          '{"a":1}',
          '{"a":',
          "{",
          "}",
          "[",
          "]",
          ",",
          '"',
          "\n",
          "\r",
          "\0",
          "\x1e",
          "\ufeff",
          " ",
          "x",
          "\\",
          "1",
        ),
        { maxLength: 30 },
      )
      .map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(soup, anyCuts, async (content, cuts) => {
        const results = await Promise.all([
          convertOrFail(Buffer.from(content), []),
          convertOrFail(Buffer.from(content), cuts),
        ]);
        expect(results[1]).toEqual(results[0]);
      }),
      { numRuns: 400 },
    );
  });

  it("throws UnreadableFileError alone, whatever the bytes are", async () => {
    const starts = fc.constantFrom(
      ...[
        [],
        [0x1f, 0x8b, 8],
        [0x28, 0xb5, 0x2f, 0xfd],
        [0xff, 0xfe],
        [0xff, 0xfe, 0, 0],
        [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
        [0x5b],
        [0x7b],
      ].map((b) => Buffer.from(b)),
      Buffer.from("BZh91AY&SY"),
    );
    await fc.assert(
      fc.asyncProperty(starts, fc.uint8Array({ maxLength: 300 }), anyCuts, async (start, rest, cuts) => {
        await convertOrFail(Buffer.concat([start, rest]), cuts);
      }),
      { numRuns: 500 },
    );
  });
});

async function convertOrFail(bytes: Buffer, cuts: Parameters<typeof convert>[1]): Promise<string> {
  try {
    const { bytes: text, convertedFrom } = await convert(bytes, cuts);
    return `${convertedFrom}: ${text.toString("latin1")}`;
  } catch (error) {
    if (error instanceof UnreadableFileError) return error.message;
    throw error;
  }
}

/** Ways in which the record around a place is broken. */
const BREAKS: readonly ((text: string, at: number) => string)[] = [
  // A value without its quotes; one whose last quote, or both of whose quotes, are missing; a quote too many.
  (text, at) => `${text.slice(0, at - 1)}oops${text.slice(at + 2)}`,
  (text, at) => text.slice(0, at) + text.slice(at + 2),
  (text, at) => `${text.slice(0, at)}"~${text.slice(at + 1)}`,
  // A key without its value, an escape that is none, bytes of nothing.
  (text, at) => text.slice(0, at - 1) + text.slice(at + 2),
  (text, at) => `${text.slice(0, at)}\\x${text.slice(at + 1)}`,
];

/** A complete record on a line. */
function customer(id: number): string {
  return JSON.stringify({
    id: String(id),
    first_name: `A${id}`,
    last_name: `L${id}`,
    email: `a${id}@x.org`,
    city: "Ulm",
  });
}

const [J1, J2, J3, J4, J5] = [1, 2, 3, 4, 5].map(customer) as [string, string, string, string, string];

/** Ways in which one record alone is broken where it stands between others. */
const TORN: Readonly<Record<string, (record: string) => string>> = {
  "cut off in a key": (record) => record.slice(0, record.indexOf("ast_name")),
  "without its last brace": (record) => record.slice(0, -1),
  "without its first brace": (record) => record.slice(1),
  "without a quote": (record) => record.replace('"first_name', "first_name"),
  "with an inch mark": (record) => record.replace('"A', '"A"'),
  "with a value without quotes": (record) => record.replace('"Ulm"', "Ulm"),
  "with a comma too many": (record) => record.replace("}", ",}"),
  "with objects in it": (record) => record.replace('"Ulm"', '"5" x","items":[{"id":"91","n":1},{"id":"92","n":2}]'),
  "cut off in an object in it": (record) => record.replace('"Ulm"}', '[{"id":"91"},{"id":"92"},{"x'),
};

const JOINED: Readonly<Record<string, (records: readonly string[]) => string>> = {
  "an array": (records) => `[${records.join(",")}]`,
  "an array of lines": (records) => `[\n${records.join(",\n")}\n]\n`,
  "an array without commas": (records) => `[${records.join(" ")}]`,
  "an array after hard spaces": (records) => `[${records.map((record) => `\u00a0${record}`).join(",")}]`,
  "an array with comments": (records) => `[${records.map((record) => `/* north */ ${record}`).join(",")}]`,
  "an array in an object": (records) => `{"data":[${records.join(",")}]}`,
  "one after another": (records) => records.join(""),
  "one after another with blanks": (records) => records.join(" "),
  "one after another with commas": (records) => records.join(", "),
};

describe("a record that is broken", () => {
  // Without what the first record needs to be known as one of several, nothing shows that it is.
  const isHopeless = (shape: string, how: string, places: readonly number[]) =>
    how === "without its first brace" && places.includes(0) && !/^an array(?! in)/.test(shape);

  it.each(Object.keys(JOINED).flatMap((shape) => Object.keys(TORN).map((how) => [how, shape] as const)))(
    "is one, and costs its neighbours nothing: %s, in %s",
    async (how, shape) => {
      for (const places of [[0], [1], [4], [1, 3], [0, 2], [0, 4]]) {
        if (isHopeless(shape, how, places)) continue;
        const records = [J1, J2, J3, J4, J5];
        const text = JOINED[shape]?.(records.map((each, i) => (places.includes(i) ? TORN[how]?.(each) : each) ?? ""));
        for (const cuts of [[], "everywhere"] as const) {
          const lines = await convertedLines(Buffer.from(text ?? ""), cuts);
          const sound = records.filter((_, i) => !places.includes(i));
          expect(
            lines.filter((line) => records.includes(line)),
            text,
          ).toEqual(sound);
          expect(lines.length - sound.length, `${text}\n${lines.join("\n")}`).toBe(places.length);
        }
      }
    },
  );

  it("costs no time that grows with the square of the file", async () => {
    const torn = J1.slice(0, 24);
    const text = `[${`${torn},${J2},`.repeat(20_000)}${J3}]`;
    const lines = await convertedLines(Buffer.from(text));
    expect(lines).toHaveLength(40_001);
  }, 20_000);

  it.each([
    ["[", "]"],
    ['{"a":', "}"],
  ])("is one that is nested too deep: %s", async (open, close) => {
    const deep = `{"id":${open.repeat(9_000)}1${close.repeat(9_000)},"note":"x"}`;
    expect(await convertedLines(Buffer.from(`${J1}\n${deep}\nNaN\n${J2}\n`))).toEqual([J1, deep, "NaN", J2]);
  });

  it("may begin with another field than the others", async () => {
    const text = `${J1}{"last_name":"q","id":"2","first{"email":"q","id":"3"}{"id":"4"}`;
    expect(await convertedLines(Buffer.from(text))).toEqual([
      J1,
      '{"last_name":"q","id":"2","first',
      '{"email":"q","id":"3"}',
      '{"id":"4"}',
    ]);
  });

  it("is not each of an array's elements that is no object", async () => {
    expect(await convertedLines(Buffer.from(`[1,null,"x",${J1},true]`))).toEqual(["1", "null", '"x"', J1, "true"]);
  });

  it("is a comment with a record in it", async () => {
    expect(await convertedLines(Buffer.from(`[${J1},/* ${J2} */${J3}]`))).toEqual([J1, `/* ${J2} */`, J3]);
  });
});

describe("what is in no form that is kept", () => {
  it.each([
    ["gzip twice", gzipSync(gzipSync('{"id":1}\n')), "JSON in gzip in gzip"],
    ["UTF-16", Buffer.from('\ufeff{"id":1}\n', "utf16le"), "UTF-16LE JSON"],
    ["objects without line ends", Buffer.from('{"id":1}{"id":2}'), "JSON with records one after another on a line"],
    ["an array that does not end", Buffer.from('[{"id":1},{"id":2'), "a JSON array with broken elements"],
    ["an array in an object", Buffer.from('{"records":[{"id":1},{"id":2}]}'), "a JSON array with an object around it"],
    ["a raw line end", Buffer.from('{"id":"1\n2"}\n'), "JSON with control characters in strings"],
    ["several lines", Buffer.from('{\n"id":1}\n{\n"id":2}\n'), "JSON with records of several lines"],
    ["NUL bytes", Buffer.from('{"id":1}\n\0\0\0'), "JSON with NUL bytes"],
  ])("is described: %s", async (_what, bytes, description) => {
    expect((await convert(bytes)).convertedFrom).toBe(description);
  });

  it.each([
    ["lines", '{"id":1}\n{"id":2}\n'],
    ["lines without the last line end", '{"id":1}\r\n\r\n{"id":2}'],
    ["lines some of which are none", '{"id":1}\nnonsense\n{"id":\n{"id":2}\n"text"\n[1,2]\n{"id":3'],
    ["a record with an array", '{"items":[{"id":1}],"id":2}'],
    ["lines with arrays", '{"items":[{"id":1}]}\n{"items":[{"id":2}]}\n'],
    ["packed lines", gzipSync('{"id":1}\n')],
  ])("is not what is kept: %s", async (_what, content) => {
    expect((await convert(Buffer.from(content))).convertedFrom).toBeUndefined();
  });
});
