import { StagedObjectError } from "@lethe/contracts/errors";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TransformCounts } from "./batch-work.js";
import type { Failure } from "./poison.js";
import type { ThreadOptions } from "./start-thread.js";
import { startThreadPool, type ThreadPool } from "./thread-pool.js";

const OPTIONS: ThreadOptions = {
  script: new URL("../test-fixtures/thread.mjs", import.meta.url),
  memoryMb: 64,
  data: {
    dataFolder: "",
    isGroupReadable: false,
    keyring: "",
    policy: {} as ThreadOptions["data"]["policy"],
    schemaMode: "quarantine",
    refundMode: "reject",
    maxNesting: 100,
  },
};
const PATIENT = { seconds: 60, recordSeconds: 60 };

let pool: ThreadPool;
beforeEach(async () => {
  pool = await startThreadPool(OPTIONS);
});
afterEach(() => pool.stop());

/** Has a thread do what the name says; see the fixture. */
function work(what: string, options: { limits?: typeof PATIENT; signal?: AbortSignal; epoch?: number } = {}) {
  const batch = { runId: "run", batchId: what, dataset: "customers", freezes: false, poison: [], probe: null } as const;
  return pool.work(batch, { epoch: options.epoch ?? 1, identifiers: [] }, options.limits ?? PATIENT, options.signal);
}

const threadOf = (outcome: TransformCounts | Failure) => ("accepted" in outcome ? outcome.accepted : Number.NaN);

it("keeps a thread for many batches, and tells it of the suppression list when that has changed", async () => {
  const outcomes = [await work("done"), await work("done"), await work("done", { epoch: 2 })];
  expect(new Set(outcomes.map(threadOf)).size).toBe(1);
  expect(outcomes.map((outcome) => "rejected" in outcome && outcome.rejected)).toEqual([1, 0, 1]);
});

it("says of a thread that ends at which record that was, and replaces it", async () => {
  const before = await work("done");
  expect(await work("end")).toEqual({ cause: "unexpected", at: 7, where: null });
  const after = await work("done");
  expect(threadOf(after)).toBeGreaterThan(threadOf(before));
  expect(after).toMatchObject({ rejected: 1 });
});

it("ends a thread that takes too long for a record, or for the batch though its records go on", async () => {
  const before = await work("done");
  const record = await work("endless record", { limits: { seconds: 60, recordSeconds: 0.2 } });
  expect(record).toEqual({ cause: "time", at: 7, where: null });
  const batch = await work("endless batch", { limits: { seconds: 0.5, recordSeconds: 60 } });
  expect(batch).toMatchObject({ cause: "time", at: expect.any(Number) });
  expect(threadOf(await work("done"))).not.toBe(threadOf(before));
});

it("ends the thread at work when the signal is aborted, and blames no record for it", async () => {
  const before = threadOf(await work("done"));
  const abort = new AbortController();
  const reason = new Error("the service stops");
  const atWork = work("endless record", { signal: abort.signal });
  abort.abort(reason);
  await expect(atWork).rejects.toBe(reason);
  await expect(work("done", { signal: abort.signal })).rejects.toBe(reason);
  expect(await work("done")).toMatchObject({ rejected: 1, accepted: before + 1 });
});

it("ends threads at work when it stops, and blames no record for it", async () => {
  const atWork = work("endless record");
  const rejected = expect(atWork).rejects.toMatchObject({ code: "transient" });
  await pool.stop();
  await rejected;
  await expect(work("done")).rejects.toMatchObject({ code: "transient" });
});

it("throws what a thread throws on purpose as the same class, and a system's error with its code", async () => {
  const damaged = work("staged object damaged");
  await expect(damaged).rejects.toBeInstanceOf(StagedObjectError);
  await expect(damaged).rejects.toMatchObject({ code: "staged_object_damaged", message: "it is torn" });
  await expect(work("disk full")).rejects.toMatchObject({ code: "ENOSPC" });
});

it("does not start with threads that cannot", async () => {
  const broken = { ...OPTIONS, data: { ...OPTIONS.data, dataFolder: "broken" } };
  await expect(startThreadPool(broken)).rejects.toThrow("cannot start");
});
