import { randomBytes, randomUUID } from "node:crypto";
import { InvalidInputError, NotFoundError, RunActiveError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment, readRow } from "../../test/ledger-rows.js";
import { inTransaction, type Pool } from "../pool.js";
import { closeRun, failRun, reopenRun } from "./change-run.js";
import { closeDoneLetters } from "./close-dead-letters.js";
import { countReplayableDeadLetters, listDeadLetters, readDeadLetter, replayDeadLetter } from "./dead-letters.js";

const AT = "2020-01-01T05:00:00.000Z";
const FAILED = { state: "failed", error_code: "storage_full", error_message: "The disk is full.", failed_at: AT };

/** Adds a run that failed because of its batches. */
function addFailedRun(pool: Pool, columns = {}): Promise<string> {
  return addRun(pool, { state: "failed", error_code: "batches_failed", ...columns });
}

/** Returns the ids of all dead letters, read in pages of this length. */
async function readInPages(pool: Pool, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let before: string | undefined;
  do {
    const { deadLetters, nextCursor } = await listDeadLetters(pool, { limit, before });
    expect(deadLetters.length).toBeLessThanOrEqual(limit);
    ids.push(...deadLetters.map(({ id }) => id));
    before = nextCursor ?? undefined;
  } while (before !== undefined);
  return ids;
}

describe("listDeadLetters", () => {
  it("shows a batch that gave up with what it held, and a run that did", async ({ pool }) => {
    const runId = await addFailedRun(pool);
    const fileId = await addFile(pool, runId);
    const batchId = await addBatch(pool, runId, { ...FAILED, failed_stage: "transform", bytes: 77 });
    for (const position of [0, 1]) await addSegment(pool, batchId, fileId, { position });
    const product = await addRun(pool, {
      job: "products",
      ...FAILED,
      failed_stage: "finish",
      failed_at: "2020-01-02T05:00:00Z",
    });
    const error = { code: "storage_full", message: "The disk is full.", status: "open" };
    const { deadLetters, nextCursor } = await listDeadLetters(pool, { limit: 10 });
    const ofRun = {
      job: "products",
      stage: "finish",
      id: product,
      runId: product,
      batchId: null,
      records: null,
      bytes: null,
    };
    const ofBatch = { job: "customers", stage: "transform", id: batchId, runId, batchId, records: 20, bytes: 77 };
    expect(deadLetters).toEqual([
      { ...error, ...ofRun, failedAt: "2020-01-02T05:00:00.000Z" },
      { ...error, ...ofBatch, failedAt: AT },
    ]);
    expect(nextCursor).toBeNull();
  });

  it("says what it can of a failure that an older version left without stage and time", async ({ pool }) => {
    const created = "2020-01-03T05:00:00.000Z";
    const batchId = await addBatch(pool, await addFailedRun(pool), { state: "failed", created_at: created });
    expect(await readDeadLetter(pool, batchId)).toMatchObject({
      ...{ stage: "load", code: "unknown", message: "", failedAt: created, records: 0 },
    });
    const [extracted, unextracted] = [
      await addRun(pool, { state: "failed", extracted_at: AT, finished_at: AT }),
      await addRun(pool, { state: "failed", requested_at: AT }),
    ];
    expect(await readDeadLetter(pool, extracted)).toMatchObject({ stage: "finish", failedAt: AT });
    expect(await readDeadLetter(pool, unextracted)).toMatchObject({ stage: "extract", failedAt: AT });
  });

  it("leaves out what runs that were cancelled or go on have left", async ({ pool }) => {
    await addBatch(pool, await addRun(pool, { state: "cancelled" }), FAILED);
    const open = await addBatch(pool, await addRun(pool, { state: "processing" }), FAILED);
    await addBatch(pool, await addFailedRun(pool), { state: "cancelled" });
    const { deadLetters } = await listDeadLetters(pool, { limit: 10 });
    expect(deadLetters.map(({ id }) => id)).toEqual([open]);
  });

  it("filters by job and by status", async ({ pool }) => {
    const sha256 = randomBytes(32);
    const overtakenRun = await addFailedRun(pool);
    await addFile(pool, overtakenRun, { state: "released", sha256 });
    const overtaken = await addBatch(pool, overtakenRun, FAILED);
    await addFile(pool, await addRun(pool, { state: "succeeded" }), { state: "done", sha256 });
    const open = await addBatch(pool, await addFailedRun(pool, { job: "products" }), FAILED);
    const idsOf = async (filter: { job?: "customers" | "products"; status?: "open" | "overtaken" }) =>
      (await listDeadLetters(pool, { limit: 10, ...filter })).deadLetters.map(({ id }) => id);
    expect(await idsOf({ job: "customers" })).toEqual([]);
    expect(await idsOf({ job: "products" })).toEqual([open]);
    expect(await idsOf({ status: "overtaken" })).toEqual([overtaken]);
    expect(await idsOf({ status: "open" })).toEqual([open]);
    expect(await idsOf({ status: "open", job: "customers" })).toEqual([]);
    expect(await countReplayableDeadLetters(pool)).toBe(1);
  });

  it("loses none and shows none twice from page to page, though all failed at one instant", async ({ pool }) => {
    const runId = await addFailedRun(pool);
    const ids = [await addRun(pool, { job: "products", ...FAILED })];
    for (let i = 0; i < 6; i++) ids.push(await addBatch(pool, runId, FAILED));
    const expected = ids.sort().reverse();
    for (const limit of [1, 2, 3, 7, 8]) expect(await readInPages(pool, limit)).toEqual(expected);
  });

  it("keeps its place when the letter that it stopped at was replayed", async ({ pool }) => {
    const runId = await addFailedRun(pool);
    for (let i = 0; i < 4; i++) await addBatch(pool, runId, FAILED);
    const { nextCursor } = await listDeadLetters(pool, { limit: 2 });
    const rest = await listDeadLetters(pool, { limit: 2, before: String(nextCursor) });
    await pool.query("update ledger.batches set state = 'staged' where id = $1", [nextCursor]);
    expect(await listDeadLetters(pool, { limit: 2, before: String(nextCursor) })).toEqual(rest);
    expect(rest.deadLetters).toHaveLength(2);
  });

  it("refuses a cursor that nobody knows", async ({ pool }) => {
    await addBatch(pool, await addFailedRun(pool), FAILED);
    await expect(listDeadLetters(pool, { limit: 2, before: randomUUID() })).rejects.toThrow(InvalidInputError);
  });
});

describe("closeDoneLetters", () => {
  const at = (hour: number) => `2020-01-01T0${hour}:00:00.000Z`;
  const later = (columns = {}) => ({ state: "succeeded", extracted_at: at(6), ...columns });
  const openIds = async (pool: Pool) =>
    (await listDeadLetters(pool, { limit: 10 })).deadLetters.map(({ id }) => id).sort();

  it("closes a batch when all of its files are finished by later runs, and not before", async ({ pool }) => {
    const runId = await addFailedRun(pool);
    const batchId = await addBatch(pool, runId, FAILED);
    const deliveries = [randomBytes(32), randomBytes(32)];
    for (const [position, delivery] of deliveries.entries()) {
      await addSegment(pool, batchId, await addFile(pool, runId, { state: "released", delivery }), { position });
    }
    expect(await closeDoneLetters(pool)).toBe(0);
    const laterRun = await addRun(pool, later());
    await addFile(pool, laterRun, { state: "done", delivery: deliveries[0] });
    const second = await addFile(pool, laterRun, { state: "open", delivery: deliveries[1] });
    expect(await closeDoneLetters(pool)).toBe(0);
    await pool.query("update ledger.files set state = 'quarantined' where id = $1", [second]);
    expect(await closeDoneLetters(pool, "products")).toBe(0);
    expect(await closeDoneLetters(pool, "customers")).toBe(1);
    for (const status of ["open", "overtaken"] as const) {
      expect(await listDeadLetters(pool, { limit: 10, status })).toMatchObject({ deadLetters: [] });
    }
    await expect(replayDeadLetter(pool, batchId)).rejects.toThrow(NotFoundError);
    expect(await closeDoneLetters(pool)).toBe(0);
  });

  it("closes a run that could not be extracted when a later one has done all of its job", async ({ pool }) => {
    const unextracted = { ...FAILED, failed_stage: "extract" };
    const whole = await addRun(pool, unextracted);
    const ofRange = await addRun(pool, { ...unextracted, range_from: "2020-01-01", range_to: "2020-01-02" });
    const ofReplay = await addRun(pool, { ...unextracted, kind: "replay" });
    const unpublished = await addRun(pool, unextracted);
    const fileId = await addFile(pool, unpublished, { state: "done" });
    await addSegment(pool, await addBatch(pool, unpublished, { state: "loaded" }), fileId, { published_bytes: 1 });
    await addRun(pool, later({ extracted_at: at(4) }));
    await addRun(pool, later({ range_from: "2020-01-01", range_to: "2020-01-02" }));
    await addRun(pool, later({ job: "products" }));
    expect(await closeDoneLetters(pool)).toBe(1);
    expect(await openIds(pool)).toEqual([whole, ofReplay, unpublished].sort());
    expect(await readRow(pool, "ledger.runs", ofRange)).toMatchObject({ letter_closed_at: expect.any(Date) });
    await addRun(pool, later());
    await addRun(pool, later({ kind: "replay" }));
    expect(await closeDoneLetters(pool)).toBe(2);
    expect(await openIds(pool)).toEqual([unpublished]);
  });

  it("leaves a run that could not be finished to its own finish, which closes it; a retry opens the letter anew", async ({
    pool,
  }) => {
    const runId = await addRun(pool, { ...FAILED, failed_stage: "finish", extracted_at: AT });
    await addBatch(pool, runId, { state: "loaded" });
    await addRun(pool, later());
    expect(await closeDoneLetters(pool)).toBe(0);
    expect(
      await inTransaction(pool, (client) => closeRun(client, runId, 5, () => ({ state: "succeeded", findings: [] }))),
    ).toBe("failed");
    expect(await openIds(pool)).toEqual([]);
    await reopenRun(pool, runId);
    await failRun(pool, runId, "finish", "storage_full", "The disk is full.");
    expect(await openIds(pool)).toEqual([runId]);
  });

  it("closes a run that had found nothing and could not be finished, once a later one of its job is", async ({
    pool,
  }) => {
    const empty = { ...FAILED, failed_stage: "finish", extracted_at: AT };
    const found = await addRun(pool, empty);
    await addRun(pool, empty);
    await addFile(pool, found, { state: "done" });
    await addRun(pool, later({ extracted_at: at(4) }));
    expect(await closeDoneLetters(pool)).toBe(0);
    await addRun(pool, later());
    expect(await closeDoneLetters(pool)).toBe(1);
    expect(await openIds(pool)).toEqual([found]);
  });

  it("is done at the end of the run that has done the work", async ({ pool }) => {
    const failed = await addRun(pool, { ...FAILED, failed_stage: "extract" });
    const runId = await addRun(pool, { state: "finishing", extracted_at: at(6) });
    expect(await openIds(pool)).toEqual([failed]);
    await inTransaction(pool, (client) => closeRun(client, runId, 5, () => ({ state: "succeeded", findings: [] })));
    expect(await openIds(pool)).toEqual([]);
  });
});

describe("readDeadLetter", () => {
  it("knows no letter of what has not failed, or of another id", async ({ pool }) => {
    const runId = await addFailedRun(pool);
    const loaded = await addBatch(pool, runId, { state: "loaded" });
    for (const id of [runId, loaded, randomUUID()]) {
      await expect(readDeadLetter(pool, id)).rejects.toThrow(NotFoundError);
    }
  });
});

describe("replayDeadLetter", () => {
  it("takes up one batch and leaves the others failed; done twice, it finds no letter", async ({ pool }) => {
    const runId = await addFailedRun(pool);
    const [wanted, other] = [await addBatch(pool, runId, FAILED), await addBatch(pool, runId, FAILED)];
    expect(await replayDeadLetter(pool, wanted)).toBe(runId);
    expect(await readRow(pool, "ledger.batches", wanted)).toMatchObject({ state: "staged" });
    expect(await readRow(pool, "ledger.batches", other)).toMatchObject({ state: "failed" });
    await expect(replayDeadLetter(pool, wanted)).rejects.toThrow(NotFoundError);
  });

  it("opens a run again that gave up as a whole, and none of the batches that failed before", async ({ pool }) => {
    const runId = await addRun(pool, { ...FAILED, failed_stage: "finish", extracted_at: AT });
    const batchId = await addBatch(pool, runId, FAILED);
    expect(await replayDeadLetter(pool, runId)).toBe(runId);
    expect(await readRow(pool, "ledger.runs", runId)).toMatchObject({ state: "processing", error_code: null });
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "failed" });
  });

  it("refuses where another run of the job is open", async ({ pool }) => {
    const batchId = await addBatch(pool, await addFailedRun(pool), FAILED);
    await addRun(pool, { state: "queued" });
    await expect(replayDeadLetter(pool, batchId)).rejects.toThrow(RunActiveError);
    expect(await readRow(pool, "ledger.batches", batchId)).toMatchObject({ state: "failed" });
  });
});
