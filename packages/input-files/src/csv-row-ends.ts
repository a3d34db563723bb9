const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** What may stand before an opening quote: the parser's `\s`, without line ends. Each as its UTF-8 bytes, read as one number. */
const SPACES: ReadonlySet<number> = new Set(
  Array.from(
    "\t\v\f \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff",
  ).map((space) => Buffer.from(space).reduce((number, byte) => number * 256 + byte, 0)),
);
/** The beginnings of those that are of more than one byte. */
const SPACE_STARTS: ReadonlySet<number> = new Set(
  [...SPACES].flatMap((space) => [space >> 8, space >> 16]).filter((start) => start > 0),
);

/**
 * Creates a function that takes the bytes of a CSV file one by one, in order, and reports whether a row ends with the
 * byte. Both bytes of a CRLF count as an end.
 */
export function createRowEndFinder(): (byte: number) => boolean {
  let inQuotes = false;
  // A quote opens only where a field begins; anywhere else it stands for itself.
  let atFieldStart = true;
  // The beginning of a character that may turn out to be white space; 0 where none has begun.
  let begun = 0;
  // A quote in quotes closes them, unless another one follows: the two of them are one of the field's text.
  let afterQuote = false;
  return (byte) => {
    if (byte === QUOTE) {
      const opens = (atFieldStart && begun === 0) || afterQuote;
      afterQuote = inQuotes;
      inQuotes = !inQuotes && opens;
      atFieldStart = false;
      return false;
    }
    if (inQuotes) return false;
    afterQuote = false;
    if (byte === COMMA || byte === NEWLINE || byte === RETURN) {
      atFieldStart = true;
      begun = 0;
      return byte !== COMMA;
    }
    if (atFieldStart) {
      const character = begun * 256 + byte;
      begun = byte > 0x7f && SPACE_STARTS.has(character) ? character : 0;
      atFieldStart = begun > 0 || SPACES.has(character);
    }
    return false;
  };
}
