import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";

/** Packs text and cuts it off behind the end of the text: all of it can still be unpacked, but the file is torn. */
export function tornGzip(text: string): Buffer {
  // What cannot be packed any smaller is where the cut falls.
  const filler = randomBytes(3_000).toString("base64");
  const packed = gzipSync(`${text}${filler}`);
  return packed.subarray(0, packed.length - 1_000);
}

/** Returns a record as a line that is no JSON, for want of its end. */
export function brokenLine(record: unknown): string {
  return JSON.stringify(record).slice(0, -1);
}

/** Returns a record as a line of bytes that are no UTF-8. */
export function notUtf8(record: unknown): Buffer {
  return Buffer.concat([
    Buffer.from(JSON.stringify(record).slice(0, -2)),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('"}'),
  ]);
}
