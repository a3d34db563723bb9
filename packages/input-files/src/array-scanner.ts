import { UnreadableFileError } from "@lethe/contracts/errors";
import { cutBetweenWords } from "./rewrite.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

export interface ArrayScanner {
  /** Takes the next bytes of the file, however it was cut. */
  push(piece: Buffer): void;
  /** Ends the file. Throws UnreadableFileError when the array has not ended; a lenient one takes the rest for an element. */
  end(): void;
  /** Bytes of the element that has begun and not ended. */
  openBytes(): number;
  /** Returns the element that has begun to `onElement` as far as its words go; what follows of it will be another one. */
  cutOpen(): void;
}

/**
 * Creates a scanner that splits a JSON array into its elements without parsing them. It calls `onElement` with the
 * bytes between two commas of the outermost level, white space included, and `onBetween` with all other bytes; in the
 * order of the calls they add up to the whole file. `push` throws UnreadableFileError for text after the array. If
 * `isLenient` is true, such text is scanned as if the array continued.
 */
export function createArrayScanner(
  onElement: (bytes: Buffer) => void,
  onBetween: (bytes: Buffer) => void,
  isLenient = false,
): ArrayScanner {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let ended = false;
  let open: Buffer[] = [];
  let openBytes = 0;
  const takeOpen = () => {
    const bytes = Buffer.concat(open);
    open = [];
    openBytes = 0;
    onElement(bytes);
  };
  return {
    push(piece) {
      let start = 0;
      const closeElement = (end: number) => {
        open.push(piece.subarray(start, end));
        start = end;
        takeOpen();
      };
      for (let i = 0; i < piece.length; i++) {
        const byte = piece[i] ?? SPACE;
        if (ended && byte > SPACE && isLenient) {
          onBetween(piece.subarray(start, i));
          start = i;
          depth = 1;
          ended = false;
        }
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === BACKSLASH) escaped = true;
          else if (byte === QUOTE) inString = false;
        } else if (ended) {
          if (byte > SPACE) throw new UnreadableFileError("there is text after the end of the array");
        } else if (byte === QUOTE) {
          inString = true;
        } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
          depth += 1;
          if (depth === 1) {
            onBetween(piece.subarray(start, i + 1));
            start = i + 1;
          }
        } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
          depth -= 1;
          if (depth === 0) {
            closeElement(i);
            ended = true;
          }
        } else if (byte === COMMA && depth === 1) {
          closeElement(i);
          onBetween(piece.subarray(i, i + 1));
          start = i + 1;
        }
      }
      const rest = piece.subarray(start);
      if (depth > 0) {
        open.push(rest);
        openBytes += rest.length;
      } else if (rest.length > 0) {
        onBetween(rest);
      }
    },
    end() {
      if (ended) return;
      if (!isLenient) throw new UnreadableFileError("the array does not end");
      if (openBytes > 0) takeOpen();
    },
    openBytes: () => openBytes,
    cutOpen() {
      const { head, rest } = cutBetweenWords(Buffer.concat(open));
      open = [rest];
      openBytes = rest.length;
      onElement(head);
    },
  };
}
