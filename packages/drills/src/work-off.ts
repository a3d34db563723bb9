import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Cluster } from "./cluster/cluster.js";
import type { FileAnswer } from "./feed/answer.js";
import { fileKey } from "./feed/file-key.js";
import { untilSettled } from "./settled.js";

/** A run that gave up is retried, as a person would do. Files that need more runs than this are a finding. */
const MOST_TRIES = 4;

/** Puts files into landing. Each appears there whole. */
export async function land(cluster: Cluster, files: readonly FileAnswer[]): Promise<void> {
  for (const file of files) {
    const target = join(cluster.landing, file.path);
    await mkdir(dirname(target), { recursive: true });
    // On the disk of landing, and of this call alone.
    const beside = join(cluster.data, `.being-written-${randomUUID()}`);
    try {
      await writeFile(beside, file.bytes);
      await rename(beside, target);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  }
}

/**
 * Opens runs of the files' jobs until the files are done, and retries each run that gave up, which it adds to `gaveUp`.
 * Returns what is stuck, or the files that no run got done; nothing when all is done.
 */
export async function workOff(
  cluster: Cluster,
  files: readonly FileAnswer[],
  { timeoutMs, gaveUp }: { readonly timeoutMs: number; readonly gaveUp: string[] },
): Promise<readonly string[]> {
  const jobs = new Set(files.map(({ dataset }) => dataset));
  for (let round = 1; ; round++) {
    await Promise.all([...jobs].map((job) => cluster.call("POST", `/jobs/${job}/runs`, {})));
    const stuck = await untilSettled(cluster, timeoutMs);
    if (stuck.length > 0) return stuck;
    const failed = await failedRuns(cluster);
    for (const { id, code } of failed) {
      gaveUp.push(`run failed (${code})`);
      await cluster.call("POST", `/runs/${id}/retry`);
    }
    const stuckAgain = await untilSettled(cluster, timeoutMs);
    if (stuckAgain.length > 0) return stuckAgain;
    const left = await unfinished(cluster, files);
    if (left.length === 0) return [];
    if (round === MOST_TRIES) return left.map((path) => `${path} is not done after ${MOST_TRIES} runs`);
  }
}

async function failedRuns(cluster: Cluster): Promise<{ id: string; code: string }[]> {
  const { rows } = await cluster.pool.query<{ id: string; code: string }>(
    "select id, error_code as code from ledger.runs where state = 'failed' and kind = 'files' order by requested_at",
  );
  return rows;
}

async function unfinished(cluster: Cluster, files: readonly FileAnswer[]): Promise<string[]> {
  const { rows } = await cluster.pool.query<{ path: string }>(
    "select path from ledger.files where state in ('done', 'quarantined')",
  );
  const done = new Set(rows.map(({ path }) => fileKey(path)));
  return files.map(({ path }) => path).filter((path) => !done.has(fileKey(path)));
}
