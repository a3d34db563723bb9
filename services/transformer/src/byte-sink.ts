/** Collects text as UTF-8 bytes. */
export interface ByteSink {
  append(text: string): void;
  /** Bytes so far. */
  length(): number;
  /** Ends the collection and gives its pieces. */
  take(): Buffer[];
}

// Joining text is cheap in V8 as long as nobody looks at it; a piece is encoded at once when it has grown.
const PIECE_LENGTH = 256 * 1024;

/** Makes an empty sink. */
export function createByteSink(): ByteSink {
  const pieces: Buffer[] = [];
  let pieceBytes = 0;
  let open = "";
  const close = () => {
    if (open === "") return;
    const piece = Buffer.from(open);
    pieces.push(piece);
    pieceBytes += piece.length;
    open = "";
  };
  return {
    append(text) {
      open += text;
      if (open.length >= PIECE_LENGTH) close();
    },
    length() {
      close();
      return pieceBytes;
    },
    take() {
      close();
      return pieces;
    },
  };
}
