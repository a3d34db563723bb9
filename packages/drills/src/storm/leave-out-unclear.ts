import { gunzipSync } from "node:zlib";
import type { Pool } from "@lethe/warehouse/pool";
import type { Outcome } from "../check/read-outcome.js";
import type { Answer } from "../feed/answer.js";
import { fileKey } from "../feed/file-key.js";

/** Files that were taken more than once, by force or because their run was cancelled: what earlier times left in quarantine. */
export type Retaken = ReadonlyMap<string, readonly string[]>;

/** Reads a day's files that were taken more than once, by their keys, with their open entries `file:line reason`. */
export async function readRetaken(pool: Pool, dayFolder: string): Promise<Retaken> {
  const { rows } = await pool.query<{ path: string; entries: string[] }>(
    `select f.path, coalesce(array_agg(coalesce(q.line, 0) || ' ' || q.reason) filter (where q.id is not null), '{}') as entries
     from ledger.files f left join ledger.quarantine q on q.file_id = f.id and q.status = 'open'
     where f.path like $1 || '/%' and f.state = 'released' group by f.id, f.path`,
    [dayFolder],
  );
  const retaken = new Map<string, string[]>();
  for (const { path, entries } of rows) {
    const key = fileKey(path);
    retaken.set(key, [...(retaken.get(key) ?? []), ...entries.map((entry) => `${key}:${entry}`)]);
  }
  return retaken;
}

/**
 * Leaves out of an answer and its outcome which records are duplicates where it depends on the moment: of files that were taken
 * more than once, each record is a duplicate of what was loaded before, or of what waits in quarantine; and of erased customers, who
 * have no content any more, those who come after their erasure. What else is rejected of a file that was taken more than once
 * must stand in quarantine for any of the times. All other files are compared as ever.
 */
export function leaveOutUnclear(
  answer: Answer,
  outcome: Outcome,
  retaken: Retaken,
): { answer: Answer; outcome: Outcome } {
  const isRetaken = ({ path }: { readonly path: string }) => retaken.has(fileKey(path));
  const unclear = answer.copies.filter((places) => places.some(isRetaken));
  const unclearEntries = new Set(
    unclear.flatMap((places) => places.map(({ path, line }) => `${fileKey(path)}:${line ?? 0} duplicate`)),
  );
  const ofRetaken = (entry: string) => retaken.has(entry.slice(0, entry.lastIndexOf(":")));
  const quarantine = [
    ...outcome.quarantine.filter((entry) => !ofRetaken(entry)),
    ...new Set([...outcome.quarantine.filter(ofRetaken), ...[...retaken.values()].flat()]),
  ];
  for (const entry of erasedCustomers(answer)) unclearEntries.add(entry);
  const isLeftOut = (entry: string) => unclearEntries.has(entry) || (entry.endsWith(" duplicate") && ofRetaken(entry));
  return {
    answer: { ...answer, copies: answer.copies.filter((places) => !unclear.includes(places)) },
    outcome: { ...outcome, quarantine: quarantine.filter((entry) => !isLeftOut(entry)) },
  };
}

/** Returns the entries that records of erased customers have when they are duplicates. */
function erasedCustomers({ files, erased }: Answer): string[] {
  return files
    .filter(({ dataset }) => dataset === "customers")
    .flatMap(({ path, bytes }) => {
      const lines = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
      return lines.flatMap((line, i) =>
        erased.some((word) => line.includes(word)) ? [`${fileKey(path)}:${i + 1} duplicate`] : [],
      );
    });
}
