import { randomUUID } from "node:crypto";
import { LostLockError } from "@lethe/contracts/errors";
import { RUN_STATES } from "@lethe/contracts/runs";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addFile, addRun, readRow } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { completeExtraction, whileAloneExtracting } from "./change-run.js";
import { countAlreadyLoaded } from "./claim-files.js";
import {
  type ExtractionFence,
  inFencedTransaction,
  requireExtraction,
  takeExtraction,
  whileChangingRun,
} from "./extraction-fence.js";
import { nextLineOfFile, recordBatch } from "./record-batches.js";

async function take(pool: Pool, runId: string): Promise<ExtractionFence> {
  const fence = await takeExtraction(pool, runId);
  if (fence === undefined) throw new Error("there is nothing to extract");
  return fence;
}

/** Records a batch of ten lines of a file behind the last ones, as an extractor does. */
async function record(pool: Pool, fence: ExtractionFence, fileId: number): Promise<void> {
  const firstLine = await nextLineOfFile(pool, fileId);
  await inFencedTransaction(pool, fence, (client) => recordBatch(client, newBatch(fence.runId, fileId, firstLine)));
}

function newBatch(runId: string, fileId: number, firstLine: number) {
  const partition = { date: "2020-01-01", hour: 0 };
  const segment = { fileId, partition, encoding: "json" as const, firstOrdinal: 0, firstLine, lineCount: 10 };
  return { id: randomUUID(), runId, bytes: 1, stagedBytes: 1, segments: [segment] };
}

describe("takeExtraction", () => {
  it("starts a queued run, and keeps its time for whoever takes it again", async ({ pool }) => {
    const runId = await addRun(pool, { state: "queued" });
    expect(await takeExtraction(pool, runId)).toEqual({ runId, token: 1 });
    const first = await readRow(pool, "ledger.runs", runId);
    expect(first).toMatchObject({ state: "extracting", started_at: expect.any(Date) });
    expect(await takeExtraction(pool, runId)).toEqual({ runId, token: 2 });
    expect(await readRow(pool, "ledger.runs", runId)).toEqual({ ...first, extraction_token: 2 });
  });

  it.for(RUN_STATES.slice(2))("has nothing to do for a run that is %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    expect(await takeExtraction(pool, runId)).toBeUndefined();
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ state, started_at: null });
  });

  it("waits for what the holder before has begun to write, and so reads where that ends", async ({ pool }) => {
    const runId = await addRun(pool, { state: "queued" });
    const fileId = await addFile(pool, runId);
    const first = await take(pool, runId);
    let second: Promise<ExtractionFence> | undefined;
    await inFencedTransaction(pool, first, async (client) => {
      await recordBatch(client, newBatch(runId, fileId, 1));
      second = take(pool, runId);
      const isWaiting =
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%extraction_token%'";
      await expect.poll(async () => (await pool.query(isWaiting)).rowCount).toBe(1);
    });
    await second;
    expect(await nextLineOfFile(pool, fileId)).toBe(11);
  });
});

describe("a holder that lost its lock", () => {
  it("writes nothing beside its successor once its connection was ended", async ({ pool }) => {
    const runId = await addRun(pool, { state: "queued" });
    const fileId = await addFile(pool, runId);
    const refused: unknown[] = [];
    const first = whileAloneExtracting(pool, runId, new AbortController().signal, async (lost) => {
      const fence = await take(pool, runId);
      await record(pool, fence, fileId);
      await pool.query(
        `select pg_terminate_backend(pid) from pg_locks
         where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
      );
      await whileAloneExtracting(pool, runId, new AbortController().signal, async () => {
        const next = await take(pool, runId);
        await record(pool, next, fileId);
        for (const write of WRITES) refused.push(await write(pool, fence, fileId).catch((error: unknown) => error));
        await record(pool, next, fileId);
      });
      expect(lost.aborted).toBe(true);
    });
    await expect(first).rejects.toMatchObject({ code: "transient" });
    expect(refused.map((error) => error instanceof LostLockError)).toEqual(WRITES.map(() => true));
    expect(await nextLineOfFile(pool, fileId)).toBe(31);
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ state: "extracting", already_loaded: 0 });
  });

  it("records no line twice, however many believe that they hold the run, whenever they took it", async ({ pool }) => {
    for (let seed = 1; seed <= 10; seed += 1) {
      const random = numbers(seed);
      const runId = await addRun(pool, { state: "queued" });
      const fileId = await addFile(pool, runId);
      const lost = await Promise.all(
        Array.from({ length: 6 }, async () => {
          for (let pause = random() * 12; pause > 0; pause -= 1) await pool.query("select");
          const fence = await take(pool, runId);
          // As an extractor does: where it begins is read once, and then it counts.
          let line = await nextLineOfFile(pool, fileId);
          try {
            for (let n = 0; n < 5; n += 1, line += 10) {
              const batch = newBatch(runId, fileId, line);
              await inFencedTransaction(pool, fence, (client) => recordBatch(client, batch));
            }
            return false;
          } catch (error) {
            if (error instanceof LostLockError) return true;
            throw error;
          }
        }),
      );
      expect(lost, `seed ${seed}`).toContain(false);
      const { rows } = await pool.query<{ lines: number; last: number }>(
        `select sum(line_count)::integer as lines, max(first_line + line_count - 1) as last
         from ledger.batch_segments where file_id = $1`,
        [fileId],
      );
      expect(rows[0]?.lines, `seed ${seed}`).toBe(rows[0]?.last);
      await pool.query("update ledger.runs set state = 'failed' where id = $1", [runId]);
    }
  });
});

const WRITES: readonly ((pool: Pool, fence: ExtractionFence, fileId: number) => Promise<void>)[] = [
  record,
  (pool, fence) => whileChangingRun(pool, fence, (client) => countAlreadyLoaded(client, fence.runId, 1)),
  (pool, fence) => whileChangingRun(pool, fence, (client) => completeExtraction(client, fence.runId, 1)),
  (pool, fence) => requireExtraction(pool, fence),
];

function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
