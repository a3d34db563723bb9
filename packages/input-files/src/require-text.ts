import { UnreadableFileError } from "@lethe/contracts/errors";
import type { ByteSource } from "./line-chunk.js";

/** What files of other kinds begin with. */
const SIGNATURES: readonly (readonly [begins: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], "gzip data (packed twice, or under a name that does not end in .gz)"],
  [[0x50, 0x4b, 0x03, 0x04], "a zip archive, as of Excel"],
  [[0x28, 0xb5, 0x2f, 0xfd], "zstd data"],
  [[0x42, 0x5a, 0x68], "bzip2 data"],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "xz data"],
  [[0x50, 0x41, 0x52, 0x31], "a Parquet file"],
  [[0xff, 0xfe], "text in UTF-16 or UTF-32"],
  [[0xfe, 0xff], "text in UTF-16"],
];

/** Bytes at the beginning that are looked at. */
const HEAD_BYTES = 512;
/** Of text in UTF-16 in a European language about half of the bytes are zero, of text in UTF-8 none. */
const ZEROS = 0.2;

/**
 * Passes a file's unpacked bytes on. Throws UnreadableFileError, which says what the file is, if they begin like an archive,
 * packed data or text in another encoding: no line of such a file is a record, and no erasure could search its lines.
 */
export async function* requireText(source: ByteSource): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of source) {
    if (head !== undefined) {
      head = Buffer.concat([head, piece.subarray(0, HEAD_BYTES - head.length)]);
      const what = kindOf(head);
      if (what !== undefined) {
        throw new UnreadableFileError(`the file is not text in UTF-8 but ${what}; send it as JSON or CSV in UTF-8`);
      }
      if (head.length === HEAD_BYTES) head = undefined;
    }
    yield piece;
  }
}

function kindOf(head: Buffer): string | undefined {
  const known = SIGNATURES.find(
    ([begins]) => begins.length <= head.length && begins.every((byte, i) => head[i] === byte),
  );
  if (known !== undefined) return known[1];
  const zeros = head.filter((byte) => byte === 0).length;
  return zeros > 1 && zeros >= head.length * ZEROS ? "text in UTF-16 or UTF-32, or binary data" : undefined;
}
