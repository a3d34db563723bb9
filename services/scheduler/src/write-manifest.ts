import type { Storage } from "@lethe/storage/storage";
import { tryLockInTransaction } from "@lethe/warehouse/advisory-lock";
import { lastRewrite, newestRewrites } from "@lethe/warehouse/feed/rewritten-files";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";

/** The manifest's name in `processed_data/`. */
const MANIFEST = "rewritten.ndjson";

/**
 * Creates the task that keeps the manifest of rewritten files beside the processed files: a line of JSON for each file that an
 * erasure ever rewrote, in the order of the feed. It is written anew when the feed has grown. Of several schedulers one writes it.
 */
export function createManifestTask(pool: Pool, storage: Storage): () => Promise<void> {
  let written = 0;
  return async () => {
    if ((await lastRewrite(pool)) === written) return;
    await inTransaction(pool, async (client) => {
      if (!(await tryLockInTransaction(client, "lethe manifest"))) return;
      const files = await newestRewrites(client);
      const lines = files.map((file) => `${JSON.stringify(file)}\n`).join("");
      const manifest = await storage.write("processed", MANIFEST, [Buffer.from(lines)], { after: 0 });
      await manifest.commit();
      written = files.at(-1)?.position ?? 0;
    });
  };
}
