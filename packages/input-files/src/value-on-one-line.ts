const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

export interface OneLine {
  readonly line: Buffer;
  /** True if line ends stood between the tokens of the value. They are spaces now. */
  readonly hasLineEnds: boolean;
  /** True if strings held control characters, which JSON does not allow. They are escapes now, and a NUL is removed. */
  readonly hasControls: boolean;
}

/** Writes a JSON value on one line. A value that stands on one already is returned as it is. */
export function valueOnOneLine(bytes: Buffer): OneLine {
  const parts: Buffer[] = [];
  let copied = 0;
  let inString = false;
  let hasLineEnds = false;
  let hasControls = false;
  const replace = (at: number, by: string) => {
    parts.push(bytes.subarray(copied, at), Buffer.from(by));
    copied = at + 1;
  };
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    if (byte === QUOTE) inString = !inString;
    else if (byte === BACKSLASH && inString) i += 1;
    else if (byte < SPACE && inString) {
      hasControls = true;
      replace(i, byte === 0 ? "" : JSON.stringify(String.fromCharCode(byte)).slice(1, -1));
    } else if (byte === NEWLINE || byte === RETURN) {
      hasLineEnds = true;
      replace(i, " ");
    }
  }
  if (copied === 0) return { line: bytes, hasLineEnds, hasControls };
  parts.push(bytes.subarray(copied));
  return { line: Buffer.concat(parts), hasLineEnds, hasControls };
}
