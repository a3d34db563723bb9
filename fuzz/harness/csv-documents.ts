import fc from "fast-check";

/** One field as it stands in a file. What is in quotes may hold anything, and may have white space around its quotes. */
interface Field {
  readonly text: string;
  readonly raw: string;
}

/** One row as it stands in a file: a mark before it, if any, its fields and its end. */
interface Row {
  readonly marks: string;
  readonly fields: readonly Field[];
  readonly end: string;
}

/** A valid CSV file of one shape, with what it says. */
export interface CsvDocument {
  readonly bytes: Buffer;
  /** The rows, each field as text. */
  readonly rows: readonly (readonly string[])[];
  /** The bytes of each row, its line end not counted. */
  readonly rowBytes: readonly number[];
  /** The file without the marks that its rows begin with. */
  readonly unmarked: string;
}

/** What stands before and behind quotes and is no part of the field: all that `\s` stands for, but line ends. */
const SPACES = [" ", "\t", "\v", "\f", "\u00a0", "\u2003", "\u2028", "\u3000", "\ufeff"] as const;
/** Characters that nearly are one of those, or share their first bytes. */
const NO_SPACES = ["\0", "\u0001", "\u001f", "\u00a1", "\u0085", "\u200b", "\u3001", "\ufeef", "é", "💥"] as const;

const spaces = fc.array(fc.constantFrom(...SPACES), { maxLength: 2 }).map((list) => list.join(""));
const longText = fc.integer({ min: 200, max: 500 }).map((length) => "x".repeat(length));
const word = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom("", "a", "1", "id", "a b", ...NO_SPACES) },
  { weight: 1, arbitrary: longText },
);

const quoted: fc.Arbitrary<Field> = fc
  .tuple(
    fc.array(fc.oneof(word, fc.constantFrom('"', ",", "\r", "\n", "\r\n", ...SPACES)), { maxLength: 5 }),
    spaces,
    spaces,
  )
  .map(([parts, before, after]) => {
    const text = parts.join("");
    return { text, raw: `${before}"${text.replaceAll('"', '""')}"${after}` };
  });

/**
 * Not in quotes, so that a quote within it stands for itself; it begins and ends with none, and does not begin with white
 * space. One at its end, in a row of several lines, may be that of a field whose quotes are shifted.
 */
const bare: fc.Arbitrary<Field> = fc
  .tuple(word, fc.array(fc.oneof(word, fc.constantFrom('"', ...SPACES)), { maxLength: 3 }))
  .map(([first, rest]) => `${first}${rest.join("")}`)
  .filter((text) => !/^\s*"/.test(text) && !/^\s/.test(text) && !/"\s*$/.test(text))
  .map((text) => ({ text, raw: text }));

/** A row with some text, since one without is blank. */
const row = (width: number): fc.Arbitrary<Row> =>
  fc
    .record({
      marks: fc.oneof({ weight: 9, arbitrary: fc.constant("") }, fc.constantFrom("\ufeff", "\ufeff\ufeff")),
      fields: fc.array(fc.oneof(quoted, bare), { minLength: width, maxLength: width }),
      end: fc.constantFrom("\n", "\r", "\r\n"),
    })
    .filter(({ fields }) => fields.some(({ text }) => text !== ""));

/** Any valid file: rows with marks and all line ends; its last row may have none. */
export const csvDocument: fc.Arbitrary<CsvDocument> = fc
  .tuple(
    fc.integer({ min: 1, max: 4 }).chain((width) => fc.array(row(width), { maxLength: 6 })),
    fc.boolean(),
  )
  .map(([rows, endsWithLine]) => {
    const texts = rows.map(({ fields, end }, i) => {
      const text = fields.map(({ raw }) => raw).join(",");
      return { text, end: i === rows.length - 1 && !endsWithLine ? "" : end };
    });
    const marked = texts.map(({ text, end }, i) => ({ bytes: `${rows[i]?.marks ?? ""}${text}`, end }));
    return {
      bytes: Buffer.from(marked.map(({ bytes, end }) => bytes + end).join("")),
      rows: rows.map(({ fields }) => fields.map(({ text }) => text)),
      rowBytes: marked.map(({ bytes }) => Buffer.byteLength(bytes)),
      unmarked: texts.map(({ text, end }) => text.replace(/^\ufeff+/, "") + end).join(""),
    };
  });
