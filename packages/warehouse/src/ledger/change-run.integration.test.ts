import { randomBytes, randomUUID } from "node:crypto";
import { NotFoundError, RunActiveError, RunStateError } from "@lethe/contracts/errors";
import { RUN_STATES } from "@lethe/contracts/runs";
import { unfenced } from "@lethe/test-kit/unfenced";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment, readRow, readRows } from "../../test/ledger-rows.js";
import { inTransaction, type Pool } from "../pool.js";
import {
  cancelRun,
  closeRun,
  completeExtraction,
  failRun,
  isAllLoaded,
  type JudgeRun,
  overtakenRuns,
  reopenRun,
  startFinish,
  whileAloneExtracting,
} from "./change-run.js";
import { listDeadLetters } from "./dead-letters.js";

const OPEN = RUN_STATES.slice(0, 4);
const CLOSED = RUN_STATES.slice(4);
const BATCH_STATES = ["staged", "transformed", "loaded", "failed", "cancelled"];

const succeed: JudgeRun = () => ({ state: "succeeded", findings: [] });
const finding = { code: "too_many_rejects", message: "4 of 5 records were rejected." } as const;

const NEVER = new AbortController().signal;

async function stateOf(pool: Pool, runId: string): Promise<unknown> {
  return (await readRow(pool, "ledger.runs", runId)).state;
}

/** Adds a batch of each state; returns what becomes of them: a function that reads their states in the same order. */
async function addBatchOfEachState(pool: Pool, runId: string): Promise<() => Promise<unknown[]>> {
  for (const state of BATCH_STATES) await addBatch(pool, runId, { state });
  return async () => (await readRows(pool, "ledger.batches", "number", "state")).map(({ state }) => state);
}

/** Adds files of a run that are complete, not complete and not yet cut into batches; returns a function that reads their states. */
async function addFilesOfARun(pool: Pool, runId: string): Promise<() => Promise<unknown[]>> {
  await addFile(pool, runId, { batches_total: 2, batches_loaded: 2 });
  await addFile(pool, runId, { batches_total: 2, batches_loaded: 1 });
  await addFile(pool, runId, { batches_total: null });
  await addFile(pool, runId, { state: "done", batches_total: 2, batches_loaded: 1 });
  return async () => (await readRows(pool, "ledger.files", "id", "state")).map(({ state }) => state);
}

describe("cancelRun", () => {
  it.for(OPEN)("closes a run that is %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    await cancelRun(pool, runId);
    const row = await readRow(pool, "ledger.runs", runId);
    expect(row).toMatchObject({ state: "cancelled", error_code: null });
    expect(row.finished_at).not.toBeNull();
  });

  it("keeps out what is not loaded, and gives up the files that are not complete", async ({ pool }) => {
    const runId = await addRun(pool);
    const batchStates = await addBatchOfEachState(pool, runId);
    const fileStates = await addFilesOfARun(pool, runId);
    const other = await addBatch(pool, await addRun(pool, { job: "products" }));
    await cancelRun(pool, runId);
    expect(await batchStates()).toEqual(["cancelled", "cancelled", "loaded", "failed", "cancelled", "staged"]);
    expect(await fileStates()).toEqual(["open", "released", "released", "done"]);
    expect(await readRow(pool, "ledger.batches", other)).toMatchObject({ state: "staged" });
  });

  it("lets output be made again that was lost: its rows are loaded", async ({ pool }) => {
    const runId = await addRun(pool);
    const batchId = await addBatch(pool, runId, { republishing: true, restaging: true });
    await cancelRun(pool, runId);
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "staged" });
  });

  it.for(CLOSED)("refuses a run that has %s, and changes nothing of it", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    const batchId = await addBatch(pool, runId);
    await expect(cancelRun(pool, runId)).rejects.toThrow(
      new RunStateError(`run ${runId} is ${state} and cannot be cancelled`),
    );
    expect(await stateOf(pool, runId)).toBe(state);
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "staged" });
  });

  it("knows no run of another id", async ({ pool }) => {
    await expect(cancelRun(pool, randomUUID())).rejects.toThrow(NotFoundError);
  });
});

describe("reopenRun", () => {
  it.for(["failed", "cancelled"])("goes on with a run that was %s where it stopped", async (state, { pool }) => {
    const broken = { state, finished_at: new Date(), error_code: "storage_full", error_message: "The disk is full." };
    const extracted = await addRun(pool, { ...broken, extracted_at: new Date() });
    const unextracted = await addRun(pool, { ...broken, kind: "replay" });
    expect(await reopenRun(pool, extracted)).toEqual({ kind: "files", extracted: true });
    expect(await reopenRun(pool, unextracted)).toEqual({ kind: "replay", extracted: false });
    const open = { finished_at: null, error_code: null, error_message: null };
    expect(await readRow(pool, "ledger.runs", extracted)).toMatchObject({ ...open, state: "processing" });
    expect(await readRow(pool, "ledger.runs", unextracted)).toMatchObject({ ...open, state: "queued" });
  });

  it("has batches that failed or were cancelled wait once more, with a clean sheet", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    await addBatch(pool, runId, { state: "loaded" });
    await addBatch(pool, runId, { state: "cancelled" });
    const failed = { state: "failed", restaging: true, damages: 5, error_code: "x", error_message: "y" };
    const batchId = await addBatch(pool, runId, failed);
    await reopenRun(pool, runId);
    const states = await readRows(pool, "ledger.batches", "number", "state");
    expect(states.map(({ state }) => state)).toEqual(["loaded", "staged", "staged"]);
    const clean = { restaging: false, damages: 0, error_code: null, error_message: null };
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject(clean);
  });

  it("takes its released files again, and no others", async ({ pool }) => {
    const runId = await addRun(pool, { state: "cancelled" });
    const states = ["released", "done", "quarantined"];
    for (const state of states) await addFile(pool, runId, { state });
    await addFile(pool, await addRun(pool, { job: "products", state: "failed" }), { state: "released" });
    await reopenRun(pool, runId);
    const files = await readRows(pool, "ledger.files", "id", "state");
    expect(files.map(({ state }) => state)).toEqual(["open", "done", "quarantined", "released"]);
  });

  it("takes up the one batch that it is asked for; what was cancelled goes on with the run", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    const [wanted, other] = [
      await addBatch(pool, runId, { state: "failed" }),
      await addBatch(pool, runId, { state: "failed" }),
    ];
    const cancelled = await addBatch(pool, runId, { state: "cancelled" });
    await reopenRun(pool, runId, { failedBatch: wanted });
    expect(await readRow(pool, "ledger.batches", wanted)).toMatchObject({ state: "staged" });
    expect(await readRow(pool, "ledger.batches", other)).toMatchObject({ state: "failed" });
    expect(await readRow(pool, "ledger.batches", cancelled)).toMatchObject({ state: "staged" });
  });

  it("leaves all batches failed where none is asked for", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    const batchId = await addBatch(pool, runId, { state: "failed" });
    await reopenRun(pool, runId, { failedBatch: null });
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "failed" });
    expect(await stateOf(pool, runId)).toBe("queued");
  });

  it("finishes the files that it has begun to load, and leaves what later runs have taken up to them", async ({
    pool,
  }) => {
    const runId = await addRun(pool, { state: "cancelled", extracted_at: new Date() });
    const delivery = randomBytes(32);
    const [begun, complete] = [await addFile(pool, runId), await addFile(pool, runId)];
    const taken = await addFile(pool, runId, { state: "released", delivery });
    const batches = [];
    for (const [fileId, state] of [
      [complete, "loaded"],
      [begun, "cancelled"],
      [taken, "cancelled"],
    ] as const) {
      const batchId = await addBatch(pool, runId, { state });
      await addSegment(pool, batchId, fileId);
      batches.push(batchId);
    }
    await addFile(pool, await addRun(pool, { state: "succeeded" }), { state: "done", delivery });

    expect(await overtakenRuns(pool, "customers")).toEqual([]);
    await reopenRun(pool, runId);
    expect(await stateOf(pool, runId)).toBe("processing");
    const states = await Promise.all(batches.map(async (id) => (await readRow(pool, "ledger.batches", id)).state));
    expect(states).toEqual(["loaded", "staged", "cancelled"]);
    expect(await readRow(pool, "ledger.files", String(taken))).toMatchObject({ state: "released" });
  });

  it("refuses a batch that has not failed, and leaves the run closed", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    const loaded = await addBatch(pool, runId, { state: "loaded" });
    const refused = reopenRun(pool, runId, { failedBatch: loaded });
    await expect(refused).rejects.toThrow(new RunStateError(`batch ${loaded} has not failed`));
    expect(await stateOf(pool, runId)).toBe("failed");
  });

  it.for([...OPEN, "succeeded", "skipped"] as const)("refuses a run that is %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    await expect(reopenRun(pool, runId)).rejects.toThrow(`is ${state}; only a failed or cancelled run`);
  });

  it("refuses while another run of the job is active, but not for one of another kind", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    const replay = await addRun(pool, { kind: "replay", state: "queued" });
    const other = await addRun(pool, { state: "queued" });
    await expect(reopenRun(pool, runId)).rejects.toThrow(RunActiveError);
    await pool.query("update ledger.runs set state = 'succeeded' where id = $1", [other]);
    await reopenRun(pool, runId);
    expect(await stateOf(pool, replay)).toBe("queued");
  });

  it("refuses once later runs have taken up its files", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    const sha256 = randomBytes(32);
    await addFile(pool, runId, { state: "released", sha256 });
    await addFile(pool, await addRun(pool, { state: "succeeded" }), { state: "done", sha256 });
    await expect(reopenRun(pool, runId)).rejects.toThrow("later runs have taken up what it left");
    expect(await stateOf(pool, runId)).toBe("failed");
  });

  it("lets one of two that ask at once have it", async ({ pool }) => {
    const runId = await addRun(pool, { state: "failed" });
    const results = await Promise.allSettled([reopenRun(pool, runId), reopenRun(pool, runId)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("knows no run of another id", async ({ pool }) => {
    await expect(reopenRun(pool, randomUUID())).rejects.toThrow(NotFoundError);
  });
});

describe("whileAloneExtracting", () => {
  it("keeps a doubled delivery waiting until the first has ended, and no other run", async ({ pool, hasty }) => {
    const [runId, otherId] = [randomUUID(), randomUUID()];
    let second: Promise<string> | undefined;
    await whileAloneExtracting(pool, runId, NEVER, async () => {
      await expect(whileAloneExtracting(hasty, runId, NEVER, async () => "hasty")).rejects.toMatchObject({
        cause: LOCKED,
      });
      second = whileAloneExtracting(pool, runId, NEVER, async () => "second");
      expect(await whileAloneExtracting(pool, otherId, NEVER, async () => "other")).toBe("other");
    });
    expect(await second).toBe("second");
  });

  it("gives the lock and the connection back when the work throws", async ({ pool }) => {
    const runId = randomUUID();
    const failing = whileAloneExtracting(pool, runId, NEVER, () => Promise.reject(new Error("torn")));
    await expect(failing).rejects.toThrow("torn");
    expect(await whileAloneExtracting(pool, runId, NEVER, async () => "mine")).toBe("mine");
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it("waits no more for the lock once it is stopped", async ({ pool, client }) => {
    const runId = randomUUID();
    await client.query("select pg_advisory_lock(hashtextextended('lethe extract ' || $1, 0))", [runId]);
    const stop = new AbortController();
    const waiting = whileAloneExtracting(pool, runId, stop.signal, () => Promise.reject(new Error("it began")));
    setImmediate(() => stop.abort(new Error("stop")));
    await expect(waiting).rejects.not.toThrow("it began");
    await client.query("select pg_advisory_unlock_all()");
    expect(await whileAloneExtracting(pool, runId, NEVER, async () => "free")).toBe("free");
  });
});

describe("completeExtraction", () => {
  it("says that no more batches come, and adds the time", async ({ pool }) => {
    const runId = await addRun(pool, { state: "extracting", extract_ms: 5 });
    await completeExtraction(unfenced(pool), runId, 10.6);
    const row = await readRow(pool, "ledger.runs", runId);
    expect(row).toMatchObject({ state: "processing", extract_ms: 16, extracted_at: expect.any(Date) });
    await completeExtraction(unfenced(pool), runId, 10.6);
    expect(await readRow(pool, "ledger.runs", runId)).toEqual(row);
  });

  it("does not open a run again that was cancelled meanwhile", async ({ pool }) => {
    const runId = await addRun(pool, { state: "cancelled" });
    await completeExtraction(unfenced(pool), runId, 10);
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ state: "cancelled", extracted_at: null });
  });
});

describe("startFinish", () => {
  it.for(["processing", "finishing"])(
    "finishes a run that is %s when each batch has ended",
    async (state, { pool }) => {
      const runId = await addRun(pool, { state });
      for (const ended of ["loaded", "failed", "cancelled"]) await addBatch(pool, runId, { state: ended });
      expect(await startFinish(pool, runId)).toBe("finishing");
      expect(await startFinish(pool, runId)).toBe("finishing");
      expect(await stateOf(pool, runId)).toBe("finishing");
    },
  );

  it.for(["staged", "transformed"])("is too early while a batch is %s", async (state, { pool }) => {
    const runId = await addRun(pool);
    await addBatch(pool, runId, { state });
    expect(await startFinish(pool, runId)).toBeUndefined();
    expect(await stateOf(pool, runId)).toBe("processing");
  });

  it.for(["queued", "extracting", "succeeded", "skipped"])("leaves a run alone that is %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    expect(await startFinish(pool, runId)).toBeUndefined();
    expect(await stateOf(pool, runId)).toBe(state);
  });

  it.for(["failed", "cancelled"] as const)("only tidies up after a run that was %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    await addBatch(pool, runId, { state: "staged" });
    expect(await startFinish(pool, runId)).toBe(state);
  });
});

describe("isAllLoaded", () => {
  it.for(BATCH_STATES)("says whether each batch is loaded: one is %s", async (state, { pool }) => {
    const runId = await addRun(pool);
    await addBatch(pool, runId, { state: "loaded" });
    expect(await isAllLoaded(pool, runId)).toBe(true);
    await addBatch(pool, await addRun(pool, { job: "products" }), { state: "failed" });
    expect(await isAllLoaded(pool, runId)).toBe(true);
    await addBatch(pool, runId, { state });
    expect(await isAllLoaded(pool, runId)).toBe(state === "loaded");
  });
});

describe("overtakenRuns", () => {
  const sha256 = randomBytes(32);

  it.for(["open", "done", "quarantined"])("names a run whose file is %s for another one", async (state, { pool }) => {
    const [failed, cancelled] = [await addRun(pool, { state: "failed" }), await addRun(pool, { state: "cancelled" })];
    for (const runId of [failed, cancelled]) await addFile(pool, runId, { state: "released", sha256 });
    expect(await overtakenRuns(pool, "customers")).toEqual([]);
    await addFile(pool, await addRun(pool), { state, sha256 });
    expect((await overtakenRuns(pool, "customers")).sort()).toEqual([failed, cancelled].sort());
    expect(await overtakenRuns(pool, "products")).toEqual([]);
  });

  it("goes by content in the same dataset: what another dataset took is another file", async ({ pool }) => {
    await addFile(pool, await addRun(pool, { state: "failed" }), { state: "released", sha256 });
    await addFile(pool, await addRun(pool, { job: "products" }), { dataset: "products", sha256 });
    expect(await overtakenRuns(pool, "customers")).toEqual([]);
  });

  it("names a replay after which another one succeeded", async ({ pool }) => {
    const day = (n: number) => ({ requested_at: `2020-01-0${n}T00:00:00Z` });
    const early = await addRun(pool, { kind: "replay", state: "failed", ...day(1) });
    await addRun(pool, { kind: "replay", state: "succeeded", ...day(2) });
    await addRun(pool, { kind: "replay", state: "failed", ...day(3) });
    await addRun(pool, { kind: "files", state: "failed", ...day(1) });
    expect(await overtakenRuns(pool, "customers")).toEqual([early]);
  });
});

describe("closeRun", () => {
  const close = (pool: Pool, runId: string, judge = succeed) =>
    inTransaction(pool, (client) => closeRun(client, runId, 10.4, judge));

  it("closes a run of which all is loaded as succeeded, and adds the time", async ({ pool }) => {
    const runId = await addRun(pool, { state: "finishing", finish_ms: 1 });
    await addBatch(pool, runId, { state: "loaded" });
    expect(await close(pool, runId)).toBe("succeeded");
    const closed = { state: "succeeded", finish_ms: 11, error_code: null, finished_at: expect.any(Date) };
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject(closed);
  });

  it("closes a run as failed of which a batch failed, and says how many; its files may be taken again", async ({
    pool,
  }) => {
    const runId = await addRun(pool, { state: "finishing" });
    for (const state of ["failed", "failed", "loaded"]) await addBatch(pool, runId, { state });
    const fileStates = await addFilesOfARun(pool, runId);
    expect(await close(pool, runId)).toBe("failed");
    const error = { error_code: "batches_failed", error_message: "2 of its batches failed" };
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject(error);
    expect(await fileStates()).toEqual(["open", "released", "released", "done"]);
  });

  it("has the run judged by what became of the records of all of its batches", async ({ pool }) => {
    const runId = await addRun(pool, { state: "finishing", kind: "replay" });
    await addBatch(pool, runId, { state: "loaded", records_in: 3, rejected_by_reason: { schema: 2 } });
    await addBatch(pool, runId, { state: "loaded", records_in: 2, rejected_by_reason: { schema: 1, unknown_sku: 1 } });
    const judged: unknown[] = [];
    await close(pool, runId, (counts, { job, kind }) => {
      judged.push([counts.runId, counts.records, counts.rejectedByReason, job, kind]);
      return succeed(counts, { job, kind });
    });
    expect(judged).toEqual([[runId, 5, { schema: 3, unknown_sku: 1 }, "customers", "replay"]]);
  });

  it("closes a run with warnings as its judge finds, or as failed with nothing to retry and no dead letter", async ({
    pool,
  }) => {
    const warned = await addRun(pool, { state: "finishing" });
    const failed = await addRun(pool, { state: "finishing", job: "products", extracted_at: "2020-01-01T05:00:00Z" });
    const judge = (state: "succeeded_with_warnings" | "failed") => () => ({ state, findings: [finding] });
    expect(await close(pool, warned, judge("succeeded_with_warnings"))).toBe("succeeded_with_warnings");
    expect(await close(pool, failed, judge("failed"))).toBe("failed");
    expect(await readRow(pool, "ledger.runs", warned)).toMatchObject({ warnings: [finding], error_code: null });
    const error = { error_code: finding.code, error_message: finding.message };
    expect(await readRow(pool, "ledger.runs", failed)).toMatchObject({ warnings: [], ...error });
    await expect(reopenRun(pool, failed)).rejects.toThrow(/there is nothing to retry/);
    expect((await listDeadLetters(pool, { limit: 5 })).deadLetters).toEqual([]);
    // Whoever finishes it once more finds it as it is.
    expect(await close(pool, failed)).toBe("failed");
  });

  it.for(["failed", "cancelled"])(
    "lets a run that was %s be so, with its time and its error",
    async (state, { pool }) => {
      const ended = {
        finished_at: new Date("2020-01-01T05:00:00Z"),
        error_code: "storage_full",
        error_message: "Full.",
      };
      const runId = await addRun(pool, { state, ...ended });
      await addBatch(pool, runId, { state: "failed" });
      expect(await close(pool, runId)).toBe(state);
      expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ state, ...ended });
    },
  );

  it.for(["queued", "extracting", "processing"])(
    "leaves a run open that was retried meanwhile and is %s",
    async (state, { pool }) => {
      const runId = await addRun(pool, { state });
      const fileStates = await addFilesOfARun(pool, runId);
      expect(await close(pool, runId)).toBe(state);
      expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ state, finished_at: null });
      expect(await fileStates()).toEqual(["open", "open", "open", "done"]);
    },
  );

  it("waits for whoever changes the run", async ({ pool, client, hasty }) => {
    const runId = await addRun(pool, { state: "finishing" });
    await client.query("select from ledger.runs where id = $1 for update", [runId]);
    await expect(close(hasty, runId)).rejects.toMatchObject({ cause: LOCKED });
  });

  it("knows no run of another id", async ({ pool }) => {
    await expect(close(pool, randomUUID())).rejects.toThrow(NotFoundError);
  });
});

describe("failRun", () => {
  it.for(OPEN)("closes a run that is %s with its stage and error", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    const batchStates = await addBatchOfEachState(pool, runId);
    const fileStates = await addFilesOfARun(pool, runId);
    await failRun(pool, runId, "extract", "storage_full", "The disk is full.");
    const failed = { state: "failed", failed_stage: "extract", error_code: "storage_full" };
    const times = { finished_at: expect.any(Date), failed_at: expect.any(Date) };
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ ...failed, ...times });
    expect(await batchStates()).toEqual(["cancelled", "cancelled", "loaded", "failed", "cancelled"]);
    expect(await fileStates()).toEqual(["open", "released", "released", "done"]);
  });

  it.for(CLOSED)("leaves a run as it is that has %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    const batchId = await addBatch(pool, runId);
    await failRun(pool, runId, "finish", "storage_full", "The disk is full.");
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ state, error_code: null, failed_at: null });
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "staged" });
  });

  it("knows no run of another id", async ({ pool }) => {
    await expect(failRun(pool, randomUUID(), "finish", "x", "y")).rejects.toThrow(NotFoundError);
  });
});
