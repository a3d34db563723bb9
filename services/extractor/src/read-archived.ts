import { UnreadableFileError } from "@lethe/contracts/errors";
import { unpackedBytes } from "@lethe/input-files/file-source";
import { formatOfName, type InputFormat, inputFormatOf } from "@lethe/input-files/input-format";
import type { LineChunk } from "@lethe/input-files/line-chunk";
import { readLines } from "@lethe/input-files/read-lines";
import { isKnownContent } from "@lethe/privacy/content-hash";
import type { OpenFile } from "@lethe/storage/storage";
import type { ArchivedFile } from "@lethe/warehouse/ledger/backfill-files";
import type { ExtractorContext } from "./context.js";
import { hashStored } from "./hash-stored.js";
import { skipReason } from "./skip-reason.js";

/** An archived file that was read from end to end, or why it cannot be. */
export type ReadArchived =
  | { readonly file: ArchivedFile; readonly format: InputFormat; readonly lines: readonly LineChunk[] | undefined }
  | { readonly file: ArchivedFile; readonly problem: "absent" | "damaged" };

/**
 * Reads a file of the archive once, where it lies, and compares it with what the ledger knows of it: its content where it is kept as it
 * came, or else the number of its lines, since masking leaves each record on its line. Keeps the lines of a file that has fewer than
 * `keepBytes`.
 */
export async function readArchived(
  context: Pick<ExtractorContext, "storage" | "ring" | "limits" | "signal">,
  file: ArchivedFile,
  keepBytes: number,
): Promise<ReadArchived> {
  const format = formatOfName(file.format) ?? inputFormatOf(file.keptPath);
  const opened = await openArchived(context, file.keptPath);
  if (opened === undefined) return { file, problem: "absent" };
  try {
    if (format === undefined) return { file, problem: "damaged" };
    const stored = hashStored(opened.bytes(), context.signal);
    let lines: LineChunk[] | undefined = [];
    let bytes = 0;
    let lineCount = 0;
    for await (const chunk of readLines(unpackedBytes(stored.source, format.gzip), format.shape, context.limits)) {
      lineCount += chunk.lines;
      bytes += chunk.bytes.length;
      if (bytes > keepBytes) lines = undefined;
      lines?.push(chunk);
    }
    const { sha256 } = await stored.finish();
    const isSame = isKnownContent(context.ring, sha256, file.sha256);
    // A header of gzip that bore a name was written anew, and gzip has a checksum of its own.
    const mayDiffer = !file.isAsItCame || format.gzip;
    const hasAllLines = lineCount === file.lineCount || (file.lineCount === 0 && isBlank(lines));
    return (isSame || mayDiffer) && hasAllLines ? { file, format, lines } : { file, problem: "damaged" };
  } catch (error) {
    if (!(error instanceof UnreadableFileError)) throw error;
    return { file, problem: "damaged" };
  } finally {
    await opened.close();
  }
}

/** Opens a file of the archive; undefined where there is none, or none that may be read. */
export async function openArchived(
  { storage }: Pick<ExtractorContext, "storage">,
  keptPath: string,
): Promise<OpenFile | undefined> {
  try {
    return await storage.open("archived", keptPath);
  } catch (error) {
    if (skipReason(error) === undefined) throw error;
    return undefined;
  }
}

/** An empty file has no line in any batch, though it may have blank ones. */
function isBlank(lines: readonly LineChunk[] | undefined): boolean {
  return lines?.every(({ bytes }) => bytes.every((byte) => byte <= 0x20)) ?? false;
}
