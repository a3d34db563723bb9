import { isInRange, parsePartition } from "@lethe/contracts/partition";
import { printedPaths } from "@lethe/landing/printed-paths";
import type { Storage } from "@lethe/storage/storage";
import { knownArchivedPaths } from "@lethe/warehouse/ledger/backfill-files";
import { whileChangingRun } from "@lethe/warehouse/ledger/extraction-fence";
import { type NotTaken, recordNotTaken } from "@lethe/warehouse/ledger/not-taken";
import type { RunSpec } from "@lethe/warehouse/ledger/read-run-request";
import type { ExtractionContext } from "./context.js";

/** Paths that are compared with the ledger at once. */
const PATHS_AT_ONCE = 1_000;
/** Files that a run names. */
const MOST_NAMED = 1_000;

/** Names in a backfill the files of the archive, in its range, that the ledger does not have: no run knows what of them was loaded. */
export async function nameUnknownArchived(context: ExtractionContext, runId: string, run: RunSpec): Promise<void> {
  const unknown: string[] = [];
  let paths: string[] = [];
  const compare = async () => {
    const known = await knownArchivedPaths(context.pool, paths);
    unknown.push(...paths.filter((path) => !known.has(path)));
    paths = [];
  };
  for await (const path of archivedPaths(context.storage, run)) {
    if (paths.push(path) === PATHS_AT_ONCE) await compare();
  }
  await compare();
  if (unknown.length === 0) return;
  const named = printedPaths(unknown.slice(0, MOST_NAMED)).map(
    (path): NotTaken => ({ code: "archive_file_unknown", path }),
  );
  await whileChangingRun(context.pool, context.fence, (client) => recordNotTaken(client, runId, named, unknown.length));
}

async function* archivedPaths(storage: Storage, { dataset, range }: RunSpec): AsyncGenerator<string> {
  for await (const day of storage.list("archived", "")) {
    if (day.kind !== "folder") continue;
    for (const hour of await storage.listWhole("archived", day.name)) {
      const partition = parsePartition(day.name, hour.name);
      if (partition === undefined || !isInRange(partition, range)) continue;
      const folder = `${day.name}/${hour.name}`;
      for (const { name, kind } of await storage.listWhole("archived", folder)) {
        if (kind === "file" && name.startsWith(`${dataset}.`)) yield `${folder}/${name}`;
      }
    }
  }
}
