import { NEWLINE } from "@lethe/input-files/line-chunk";

/** Returns the lines from number `from` (0 is the first) up to number `to`, which is not among them. Takes whole lines. */
export function sliceLines(bytes: Buffer, from: number, to: number): Buffer {
  const start = offsetOf(bytes, 0, from);
  return bytes.subarray(start, offsetOf(bytes, start, to - from));
}

function offsetOf(bytes: Buffer, start: number, lines: number): number {
  let offset = start;
  for (let i = 0; i < lines; i++) {
    const end = bytes.indexOf(NEWLINE, offset);
    if (end === -1) return bytes.length;
    offset = end + 1;
  }
  return offset;
}
