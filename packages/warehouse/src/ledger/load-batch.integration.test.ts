import { randomUUID } from "node:crypto";
import { NotFoundError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment, readRow, readRows } from "../../test/ledger-rows.js";
import { inTransaction, type Pool } from "../pool.js";
import {
  awaitTurn,
  type BatchOutcome,
  claimNextToLoad,
  lockBatch,
  lockBatchAlone,
  lockFiles,
  markFailed,
  markTransformed,
  nextToLoad,
  readBatch,
  recordLoaded,
} from "./load-batch.js";

const ENDED = ["loaded", "failed", "cancelled"];

/** Adds batches of these states to a run; returns their ids. */
async function addBatches(pool: Pool, runId: string, ...states: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const state of states) ids.push(await addBatch(pool, runId, { state }));
  return ids;
}

describe("readBatch", () => {
  it("says of what and in which state the batch and its run are", async ({ pool }) => {
    const runId = await addRun(pool, { job: "products", kind: "replay", state: "finishing" });
    const batchId = await addBatch(pool, runId, { state: "transformed", restaging: true, republishing: true });
    expect(await readBatch(pool, batchId)).toEqual({
      ...{ dataset: "products", kind: "replay", state: "transformed", runState: "finishing" },
      ...{ restaging: true, republishing: true, output: null },
    });
    await expect(readBatch(pool, randomUUID())).rejects.toThrow(NotFoundError);
  });
});

describe("markTransformed", () => {
  it("adds up the time of each try, and keeps the bytes of the last", async ({ pool }) => {
    const batchId = await addBatch(pool, await addRun(pool), { restaging: true });
    expect(await markTransformed(pool, batchId, 10.4, 500)).toBe(true);
    expect(await markTransformed(pool, batchId, 10.4, 300)).toBe(true);
    const transformed = { state: "transformed", restaging: false, transform_ms: 20, staged_bytes: 300 };
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject(transformed);
  });

  it.for(ENDED)("leaves a batch as it is that is %s", async (state, { pool }) => {
    const batchId = await addBatch(pool, await addRun(pool), { state });
    expect(await markTransformed(pool, batchId, 10, 500)).toBe(false);
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state, transform_ms: 0 });
  });
});

describe.for([
  ["lockBatch", lockBatch],
  ["lockBatchAlone", lockBatchAlone],
] as const)("%s", ([_name, lock]) => {
  it.for(["staged", "transformed"])(
    "locks a batch that is %s until the transaction ends",
    async (state, { pool, client, hasty }) => {
      const batchId = await addBatch(pool, await addRun(pool), { state });
      expect(await lock(client, batchId)).toBe(true);
      await expect(inTransaction(hasty, (other) => lock(other, batchId))).rejects.toMatchObject({ cause: LOCKED });
      await client.query("commit");
      expect(await inTransaction(hasty, (other) => lock(other, batchId))).toBe(true);
    },
  );

  it.for(ENDED)("has nothing to do for a batch that is %s", async (state, { pool, client }) => {
    expect(await lock(client, await addBatch(pool, await addRun(pool), { state }))).toBe(false);
  });

  it("knows no batch of another id", async ({ client }) => {
    await expect(lock(client, randomUUID())).rejects.toThrow(NotFoundError);
  });
});

describe("lockBatch", () => {
  it("finds a batch loaded that another delivery was loading", async ({ pool, client }) => {
    const batchId = await addBatch(pool, await addRun(pool), { state: "transformed" });
    await lockBatch(client, batchId);
    const doubled = inTransaction(pool, (other) => lockBatch(other, batchId));
    await client.query("update ledger.batches set state = 'loaded' where id = $1", [batchId]);
    await client.query("commit");
    expect(await doubled).toBe(false);
  });

  it("waits for a cancellation, where the lock of the batch alone does not", async ({ pool, client, hasty }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId);
    await client.query("select from ledger.runs where id = $1 for update", [runId]);
    await expect(inTransaction(hasty, (other) => lockBatch(other, batchId))).rejects.toMatchObject({ cause: LOCKED });
    expect(await inTransaction(hasty, (other) => lockBatchAlone(other, batchId))).toBe(true);
  });
});

describe("claimNextToLoad", () => {
  it("takes transformed batches in their order up to one that is not, and no more than so many", async ({
    pool,
    client,
  }) => {
    const runId = await addRun(pool);
    const [one, two, three] = await addBatches(
      pool,
      runId,
      ..."transformed transformed transformed staged transformed".split(" "),
    );
    await addBatches(pool, await addRun(pool, { job: "products" }), "transformed");
    expect(await claimNextToLoad(client, runId, 2)).toEqual([one, two]);
    expect(await claimNextToLoad(client, runId, 10)).toEqual([one, two, three]);
    expect(await nextToLoad(pool, runId)).toBe(one);
  });

  it("passes over what has ended or is published again, and waits for what is made again", async ({ pool, client }) => {
    const runId = await addRun(pool);
    await addBatches(pool, runId, ...ENDED);
    await addBatch(pool, runId, { state: "transformed", republishing: true });
    const next = await addBatch(pool, runId, { state: "transformed" });
    await addBatch(pool, runId, { state: "transformed", restaging: true });
    await addBatches(pool, runId, "transformed");
    expect(await claimNextToLoad(client, runId, 10)).toEqual([next]);
  });

  it("takes nothing behind a batch that is not transformed, or where nothing waits", async ({ pool, client }) => {
    const runId = await addRun(pool);
    expect(await claimNextToLoad(client, runId, 10)).toEqual([]);
    await addBatches(pool, runId, "loaded", "staged", "transformed");
    expect(await claimNextToLoad(client, runId, 10)).toEqual([]);
    expect(await nextToLoad(pool, runId)).toBeUndefined();
  });

  it("gives each batch to one loader, and to each what follows each other", async ({ pool, client, hasty }) => {
    const runId = await addRun(pool);
    const ids = await addBatches(pool, runId, ..."transformed ".repeat(5).trim().split(" "));
    const [one, two, three, four, five] = ids;
    expect(await claimNextToLoad(client, runId, 1)).toEqual([one]);
    await inTransaction(hasty, async (second) => {
      expect(await claimNextToLoad(second, runId, 2)).toEqual([two, three]);
      expect(await claimNextToLoad(client, runId, 9)).toEqual([one]);
      await inTransaction(hasty, async (third) => {
        expect(await claimNextToLoad(third, runId, 9)).toEqual([four, five]);
      });
    });
  });
});

describe("awaitTurn", () => {
  it("waits for those who load what stands before, and not for anybody else", async ({ pool, client, hasty }) => {
    const runId = await addRun(pool);
    const [one, two] = await addBatches(pool, runId, "transformed", "transformed", "transformed");
    await claimNextToLoad(client, runId, 1);
    expect(await awaitTurn(client, runId, [String(one)])).toBe(true);
    const wait = inTransaction(hasty, (other) => awaitTurn(other, runId, [String(two)]));
    await expect(wait).rejects.toMatchObject({ cause: LOCKED });
    const patient = inTransaction(pool, async (other) =>
      awaitTurn(other, runId, await claimNextToLoad(other, runId, 1)),
    );
    await client.query("update ledger.batches set state = 'loaded' where id = $1", [one]);
    await client.query("commit");
    expect(await patient).toBe(true);
  });

  it("does not come while one before is pending and nobody loads it", async ({ pool }) => {
    const runId = await addRun(pool);
    const [one, two] = await addBatches(pool, runId, "staged", "transformed");
    const isTurn = () => inTransaction(pool, (other) => awaitTurn(other, runId, [String(two)]));
    expect(await isTurn()).toBe(false);
    for (const ended of ENDED) {
      await pool.query("update ledger.batches set state = $2 where id = $1", [one, ended]);
      expect(await isTurn()).toBe(true);
    }
  });
});

describe("recordLoaded", () => {
  const segment = { masked: 0, publishedOffset: 0, publishedBytes: 0, lacking: {} };

  async function load(
    pool: Pool,
    batchId: string,
    outcome: Omit<BatchOutcome, "rejectedByReason" | "loadMs" | "output">,
  ) {
    await inTransaction(pool, (client) =>
      recordLoaded(client, batchId, { ...outcome, output: "1", rejectedByReason: { schema: 2 }, loadMs: 7.6 }),
    );
  }

  it("adds up the batch, each of its files, and where each segment's output lies", async ({ pool }) => {
    const runId = await addRun(pool);
    const [one, two] = [await addFile(pool, runId), await addFile(pool, runId)];
    const batchId = await addBatch(pool, runId, { state: "transformed", error_code: "x", error_message: "y" });
    for (const [position, fileId] of [one, two, one].entries()) await addSegment(pool, batchId, fileId, { position });
    const segments = [
      { ...segment, fileId: one, records: 5, rejected: 1, publishedBytes: 40 },
      { ...segment, fileId: two, records: 3, rejected: 1, masked: 1, publishedOffset: 40, publishedBytes: 20 },
      { ...segment, fileId: one, records: 2, rejected: 0, publishedOffset: 60, publishedBytes: 10 },
    ];
    await load(pool, batchId, { runId, kind: "files", segments });
    const loaded = { state: "loaded", records_in: 10, records_loaded: 8, records_rejected: 2, load_ms: 8, output: "1" };
    const rest = {
      rejected_by_reason: { schema: 2 },
      error_code: null,
      error_message: null,
      loaded_at: expect.any(Date),
    };
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ ...loaded, ...rest });
    // A file that two segments are of counts one batch.
    const ofOne = { batches_loaded: 1, records_in: 7, records_loaded: 6, records_rejected: 1, holds_suppressed: false };
    const ofTwo = { batches_loaded: 1, records_in: 3, records_loaded: 2, records_rejected: 1, holds_suppressed: true };
    expect(await readRow(pool, "ledger.files", one)).toMatchObject(ofOne);
    expect(await readRow(pool, "ledger.files", two)).toMatchObject(ofTwo);
    expect(await readRows(pool, "ledger.batch_segments", "position", "published_offset", "published_bytes")).toEqual([
      { position: 0, published_offset: 0, published_bytes: 40 },
      { position: 1, published_offset: 40, published_bytes: 20 },
      { position: 2, published_offset: 60, published_bytes: 10 },
    ]);
  });

  it("keeps in mind that a file holds suppressed people, whatever its later batches hold", async ({ pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    for (const masked of [1, 0]) {
      const segments = [{ ...segment, fileId, records: 1, rejected: 0, masked }];
      await load(pool, await addBatch(pool, runId), { runId, kind: "files", segments });
    }
    expect(await readRow(pool, "ledger.files", fileId)).toMatchObject({ batches_loaded: 2, holds_suppressed: true });
  });

  it("has a replay's records change sides in their file, which gets no more records and no more batches", async ({
    pool,
  }) => {
    const runId = await addRun(pool, { kind: "replay" });
    const counts = { records_in: 10, records_loaded: 6, records_rejected: 4, batches_loaded: 1, batches_total: 1 };
    const fileId = await addFile(pool, runId, { state: "done", ...counts });
    const segments = [{ ...segment, fileId, records: 3, rejected: 1 }];
    await load(pool, await addBatch(pool, runId), { runId, kind: "replay", segments });
    const after = { ...counts, records_loaded: 8, records_rejected: 2 };
    expect(await readRow(pool, "ledger.files", fileId)).toMatchObject(after);
  });

  it("takes a batch without segments", async ({ pool }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId);
    await load(pool, batchId, { runId, kind: "files", segments: [] });
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "loaded", records_in: 0 });
  });
});

describe("lockFiles", () => {
  it("locks the files' counts, but not what refers to them", async ({ pool, client, hasty }) => {
    const runId = await addRun(pool);
    const [one, two, free] = [await addFile(pool, runId), await addFile(pool, runId), await addFile(pool, runId)];
    await lockFiles(client, [two, one]);
    const count = (fileId: number) => hasty.query("update ledger.files set records_in = 0 where id = $1", [fileId]);
    await expect(count(one)).rejects.toMatchObject(LOCKED);
    await expect(count(two)).rejects.toMatchObject(LOCKED);
    await count(free);
    await addSegment(hasty, await addBatch(hasty, runId), one);
  });

  it("locks nothing for an empty list", async ({ pool, client, hasty }) => {
    const fileId = await addFile(pool, await addRun(pool));
    await lockFiles(client, []);
    await hasty.query("update ledger.files set records_in = 0 where id = $1", [fileId]);
  });
});

describe("markFailed", () => {
  it.for(["staged", "transformed"])("notes why a batch gave up that is %s", async (state, { pool }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId, { state });
    await markFailed(pool, { runId, batchId }, "transform", { code: "storage_full", message: "The disk is full." });
    const failed = {
      state: "failed",
      failed_stage: "transform",
      error_code: "storage_full",
      failed_at: expect.any(Date),
    };
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({
      ...failed,
      error_message: "The disk is full.",
    });
  });

  it.for(ENDED)("leaves a batch as it is that is %s", async (state, { pool }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId, { state, error_code: "first" });
    await markFailed(pool, { runId, batchId }, "load", { code: "second", message: "Another try." });
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state, error_code: "first" });
  });
});
