import type { LineChunk } from "@lethe/input-files/line-chunk";
import { fileTooLarge } from "@lethe/input-files/unpack-limit";

/**
 * Reads a file's lines to their end and returns them, or undefined if they are of more than `keepBytes`. Throws what the source
 * throws, and UnreadableFileError for lines of more than `maxFileBytes`.
 */
export async function collectLines(
  source: AsyncIterable<LineChunk>,
  keepBytes: number,
  maxFileBytes: number,
): Promise<readonly LineChunk[] | undefined> {
  let kept: LineChunk[] | undefined = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.bytes.length;
    // A row of CSV becomes longer as a line, for it names its fields.
    if (bytes > maxFileBytes) throw fileTooLarge(maxFileBytes);
    if (bytes > keepBytes) kept = undefined;
    kept?.push(chunk);
  }
  return kept;
}
