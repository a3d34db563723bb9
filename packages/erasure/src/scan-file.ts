import { createReadStream } from "node:fs";
import { join } from "node:path";
import { unpackedBytes } from "@lethe/input-files/file-source";
import { rewriteRecords } from "@lethe/input-files/rewrite-records";
import { salvagedBytes } from "@lethe/input-files/salvaged-bytes";
import { firstBytes } from "@lethe/input-files/unpack-limit";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { ErasureContext } from "./context.js";
import { namesSuppressed } from "./names-suppressed.js";
import { parseJson } from "./parse-json.js";
import type { PersonFile } from "./person-files.js";
import { exists, MAX_RECORD_BYTES } from "./rewrite-file.js";
import { searchableBytes } from "./searchable-bytes.js";

/** What a scan of files needs to know. */
export type FileFolders = Pick<
  ErasureContext,
  "datasets" | "archived" | "processed" | "quarantined" | "maxUnpackRatio"
>;

const ROOTS = { archived_data: "archived", processed_data: "processed", quarantined_data: "quarantined" } as const;

/**
 * Reads a file through and counts the records that name somebody on the suppression list. Bytes are those unpacked. The
 * part of a file that cannot be searched may hold anybody, and counts as a finding.
 */
export async function scanFile(
  context: FileFolders,
  file: PersonFile,
  findSuppression: FindSuppression,
): Promise<{ records: number; bytes: number; findings: number }> {
  const path = join(context[ROOTS[file.place]], file.path);
  const result = { records: 0, bytes: 0, findings: 0 };
  if (!(await exists(path))) return result;
  const dataset = context.datasets.get(file.dataset);
  const look = (record: unknown, text: string) => {
    result.records += 1;
    if (namesSuppressed(dataset, record, text, findSuppression)) result.findings += 1;
  };
  const damaged = file.place === "quarantined_data";
  const searchable = damaged
    ? await searchableBytes(path, file.format, context.maxUnpackRatio)
    : Number.POSITIVE_INFINITY;
  if (searchable !== Number.POSITIVE_INFINITY) result.findings += 1;
  const stored = createReadStream(path);
  const bytes = damaged ? salvagedBytes(stored, file.format.gzip) : unpackedBytes(stored, file.format.gzip);
  const looking = rewriteRecords(
    firstBytes(bytes, searchable),
    file.format.shape,
    {
      json: (text) => {
        look(parseJson(text), text);
        return undefined;
      },
      csv: (row) => {
        look(dataset.fromCsv(row), JSON.stringify(row));
        return undefined;
      },
    },
    MAX_RECORD_BYTES,
  );
  for await (const piece of looking) result.bytes += piece.length;
  return result;
}
