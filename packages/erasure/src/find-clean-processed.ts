import { TransientError } from "@lethe/contracts/errors";
import { firstBytes } from "@lethe/input-files/unpack-limit";
import { lockPublication, processedLengths } from "@lethe/warehouse/ledger/finish-files";
import { type Client, inTransaction } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import { mayHoldPeople } from "./may-hold-people.js";
import type { PersonFile } from "./person-files.js";
import type { SearchedPeople } from "./searched-people.js";

/** Files that are looked through under one lock: nothing of their dataset is published meanwhile. */
const FILES_AT_ONCE = 128;
/** Larger files each get a lock of their own. */
const SMALL_BYTES = 64 * 1024;

/**
 * Looks through small processed files for people, many of them in one transaction: to lock each by itself costs several times
 * as much as to search it. Returns those that hold nobody, with what was read of them. All others, and those that cannot be
 * read, are left to whoever works on them one by one.
 */
export async function findCleanProcessed(
  context: Pick<ErasureContext, "pool" | "storage">,
  files: readonly PersonFile[],
  people: SearchedPeople,
): Promise<ReadonlyMap<PersonFile, { readonly records: number; readonly bytes: number }>> {
  const clean = new Map<PersonFile, { readonly records: number; readonly bytes: number }>();
  const processed = files.filter(({ place }) => place === "processed_data");
  for (const dataset of new Set(processed.map((file) => file.dataset))) {
    const own = processed.filter((file) => file.dataset === dataset);
    for (let i = 0; i < own.length; i += FILES_AT_ONCE) {
      await inTransaction(context.pool, (client) => look(client, own.slice(i, i + FILES_AT_ONCE)));
    }
  }
  return clean;

  async function look(client: Client, some: readonly PersonFile[]): Promise<void> {
    const [first] = some;
    if (first === undefined) return;
    await lockPublication(client, first.dataset);
    const lengths = await processedLengths(
      client,
      first.dataset,
      some.map(({ partition }) => partition),
    );
    for (const [i, file] of some.entries()) {
      const { bytes = 0, nextBytes = null } = lengths[i] ?? {};
      // A rewriting that was interrupted is settled first.
      if (bytes === 0 || bytes > SMALL_BYTES || nextBytes !== null) continue;
      const looked = await lookInto(file, bytes);
      if (looked?.mayHold === false) clean.set(file, { records: looked.records, bytes: looked.bytes });
    }
  }

  async function lookInto(file: PersonFile, bytes: number) {
    try {
      const stored = await context.storage.open("processed", file.path);
      if (stored === undefined) return undefined;
      try {
        return await mayHoldPeople(firstBytes(stored.bytes(), bytes), file.format, people);
      } finally {
        await stored.close();
      }
    } catch (error) {
      if (error instanceof TransientError) throw error;
      return undefined;
    }
  }
}
