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
 * Leaves out of an answer and its outcome which records are duplicates, as far as files were taken more than once: each of their
 * records is then a duplicate of what was loaded before, or of what waits in quarantine, and it depends on the moment which are.
 * What else is rejected of such a file must stand in quarantine for any of the times. All other files are compared as ever.
 */
export function leaveOutRetaken(
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
  const isLeftOut = (entry: string) => unclearEntries.has(entry) || (entry.endsWith(" duplicate") && ofRetaken(entry));
  return {
    answer: { ...answer, copies: answer.copies.filter((places) => !unclear.includes(places)) },
    outcome: { ...outcome, quarantine: quarantine.filter((entry) => !isLeftOut(entry)) },
  };
}
