const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;

/** Takes a CSV file byte by byte and tells whether a row ends with it; of a line end of two bytes, each ends a row. */
export function createRowEndFinder(): (byte: number) => boolean {
  let inQuotes = false;
  // A quote opens only where a field begins; anywhere else it stands for itself.
  let atFieldStart = true;
  // A quote in quotes closes them, unless another one follows: the two of them are one of the field's text.
  let afterQuote = false;
  return (byte) => {
    if (byte === QUOTE) {
      const opens = atFieldStart || afterQuote;
      afterQuote = inQuotes;
      inQuotes = !inQuotes && opens;
      atFieldStart = false;
      return false;
    }
    if (inQuotes) return false;
    afterQuote = false;
    if (byte === NEWLINE || byte === RETURN) {
      atFieldStart = true;
      return true;
    }
    if (byte === COMMA) atFieldStart = true;
    else if (byte > SPACE) atFieldStart = false;
    return false;
  };
}
