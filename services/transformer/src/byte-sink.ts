/** Collects text as UTF-8 bytes. */
export interface ByteSink {
  append(text: string): void;
  /** Bytes so far. */
  length(): number;
  /** Ends the collection and returns its pieces. */
  take(): Buffer[];
}

// Joining text is cheap in V8 as long as nobody looks at it, and one call encodes much as fast as little. But what is
// joined is kept as the tree of its parts, which each round of the garbage collector walks: so it is encoded while small.
const OPEN_LENGTH = 16 * 1024;
const PIECE_BYTES = 1024 * 1024;
/** The most bytes that UTF-8 has for one of a string's code units. */
const BYTES_PER_UNIT = 3;

/** Creates an empty sink. */
export function createByteSink(): ByteSink {
  const full: Buffer[] = [];
  let fullBytes = 0;
  let piece = Buffer.alloc(0);
  let used = 0;
  let open = "";
  const encode = () => {
    const most = open.length * BYTES_PER_UNIT;
    if (used + most > piece.length) {
      closePiece();
      piece = Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, most));
    }
    used += piece.write(open, used);
    open = "";
  };
  const closePiece = () => {
    if (used > 0) full.push(piece.subarray(0, used));
    fullBytes += used;
    used = 0;
  };
  return {
    append(text) {
      open += text;
      if (open.length >= OPEN_LENGTH) encode();
    },
    length() {
      if (open !== "") encode();
      return fullBytes + used;
    },
    take() {
      if (open !== "") encode();
      closePiece();
      return full;
    },
  };
}
