import { randomUUID } from "node:crypto";
import { InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addQuarantined, addRun, addSegment } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import {
  countQuarantine,
  hasReplayable,
  lastReplayedId,
  listQuarantine,
  nextReplayable,
  recordsToReplay,
} from "./quarantine.js";

const HAS_ARRIVED = "q.missing_key = 'arrived'";
const PATH = "date=2020-01-01/hour=05/customers.json";

/** Adds a run with a file; returns a function that adds records of them to quarantine. */
async function addRunWithFile(pool: Pool, job = "customers") {
  const runId = await addRun(pool, { job, state: "succeeded" });
  const fileId = await addFile(pool, runId, { dataset: job });
  return { runId, fileId, add: (columns = {}) => addQuarantined(pool, runId, fileId, { dataset: job, ...columns }) };
}

describe("listQuarantine", () => {
  it("shows where a record stood and why it is here, never the record", async ({ pool }) => {
    const { runId, fileId, add } = await addRunWithFile(pool);
    const created = "2020-01-02T03:04:05.000Z";
    const id = await add({ line: 7, pointer: "/email", payload: "secret", missing_key: "secret", created_at: created });
    const { entries, nextCursor } = await listQuarantine(pool, { limit: 10 });
    const message = "The record does not have the fields and types of its dataset.";
    const place = { file: PATH, fileId, line: 7, pointer: "/email", missingKey: "******", runId };
    expect(entries).toEqual([
      { id, dataset: "customers", reason: "schema", status: "open", message, ...place, createdAt: created },
    ]);
    expect(nextCursor).toBeNull();
  });

  it("narrows by dataset, reason, run and status", async ({ pool }) => {
    const [one, two] = [await addRunWithFile(pool), await addRunWithFile(pool, "products")];
    const schema = await one.add();
    const duplicate = await one.add({ reason: "duplicate" });
    const replayed = await one.add({ status: "replayed" });
    const product = await two.add();
    const idsOf = async (filter: object) =>
      (await listQuarantine(pool, { limit: 10, ...filter })).entries.map(({ id }) => id);
    expect(await idsOf({})).toEqual([schema, duplicate, replayed, product]);
    expect(await idsOf({ dataset: "products" })).toEqual([product]);
    expect(await idsOf({ reason: "duplicate" })).toEqual([duplicate]);
    expect(await idsOf({ runId: two.runId })).toEqual([product]);
    expect(await idsOf({ status: "replayed" })).toEqual([replayed]);
    expect(await idsOf({ dataset: "products", status: "replayed" })).toEqual([]);
  });

  it("refuses an unknown run and a cursor beyond the last record, and has an empty page behind the last", async ({
    pool,
  }) => {
    const { runId, add } = await addRunWithFile(pool);
    const only = await add();
    const list = (filter: object) => listQuarantine(pool, { limit: 10, ...filter });
    expect(await list({ runId, after: only })).toEqual({ entries: [], nextCursor: null });
    expect(await list({ after: 0, reason: "duplicate" })).toEqual({ entries: [], nextCursor: null });
    await expect(list({ after: only + 1 })).rejects.toThrow(InvalidInputError);
    await expect(list({ runId: randomUUID() })).rejects.toThrow(NotFoundError);
  });

  it.for([1, 2, 5, 6])("goes through all in pages of %i, each once, oldest first", async (limit, { pool }) => {
    const { add } = await addRunWithFile(pool);
    const ids: number[] = [];
    for (let i = 0; i < 5; i++) ids.push(await add());
    const seen: number[] = [];
    let after: number | undefined;
    do {
      const { entries, nextCursor } = await listQuarantine(pool, { limit, after });
      expect(entries.length).toBeLessThanOrEqual(limit);
      seen.push(...entries.map(({ id }) => id));
      after = nextCursor ?? undefined;
    } while (after !== undefined);
    expect(seen).toEqual(ids);
  });
});

describe("countQuarantine", () => {
  it("counts by dataset, reason and status, and nothing where there is nothing", async ({ pool }) => {
    expect(await countQuarantine(pool)).toEqual([]);
    const [one, two] = [await addRunWithFile(pool), await addRunWithFile(pool, "products")];
    for (const columns of [{}, {}, { status: "erased" }, { reason: "duplicate" }]) await one.add(columns);
    await two.add();
    expect(await countQuarantine(pool)).toEqual([
      { dataset: "customers", reason: "duplicate", status: "open", records: 1 },
      { dataset: "customers", reason: "schema", status: "erased", records: 1 },
      { dataset: "customers", reason: "schema", status: "open", records: 2 },
      { dataset: "products", reason: "schema", status: "open", records: 1 },
    ]);
  });
});

describe("nextReplayable", () => {
  const select = (filter: object | null) => ({
    dataset: "customers",
    filter,
    missingKeyArrived: HAS_ARRIVED,
    maskedReasons: ["refund" as const],
  });
  const next = async (pool: Pool, filter: object | null, afterId = 0, limit = 10) =>
    (await nextReplayable(pool, select(filter), afterId, limit)).map(({ id }) => id);

  it("returns what a replay needs of a record", async ({ pool }) => {
    const { fileId, add } = await addRunWithFile(pool);
    const id = await add({ line: 7, payload: "AP8=", payload_encoding: "base64", missing_key: "arrived" });
    expect(await nextReplayable(pool, select(null), 0, 10)).toEqual([
      { id, fileId, date: "2020-01-01", hour: 5, line: 7, payload: "AP8=", payloadEncoding: "base64" },
    ]);
  });

  it("takes without a filter what waits for something that has arrived; with one, whatever it names", async ({
    pool,
  }) => {
    const [one, two] = [await addRunWithFile(pool), await addRunWithFile(pool)];
    const waits = await one.add({ reason: "unknown_customer", missing_key: "not yet" });
    const arrived = await one.add({ reason: "unknown_customer", missing_key: "arrived" });
    const schema = await two.add();
    expect(await next(pool, null)).toEqual([arrived]);
    expect(await next(pool, {})).toEqual([waits, arrived, schema]);
    expect(await next(pool, { reason: "schema" })).toEqual([schema]);
    expect(await next(pool, { runId: one.runId })).toEqual([waits, arrived]);
  });

  it("leaves out what is resolved, has no record, or is of another dataset", async ({ pool }) => {
    const { add } = await addRunWithFile(pool);
    for (const status of ["replayed", "discarded", "erased"]) await add({ status, missing_key: "arrived" });
    await add({ payload: null, missing_key: "arrived" });
    await add({ reason: "refund", missing_key: "arrived" });
    await (await addRunWithFile(pool, "products")).add({ missing_key: "arrived" });
    expect(await next(pool, null)).toEqual([]);
    expect(await next(pool, {})).toEqual([]);
  });

  it("goes on after an id, so many at a time", async ({ pool }) => {
    const { add } = await addRunWithFile(pool);
    const ids: number[] = [];
    for (let i = 0; i < 4; i++) ids.push(await add());
    expect(await next(pool, {}, 0, 3)).toEqual(ids.slice(0, 3));
    expect(await next(pool, {}, ids[2], 3)).toEqual(ids.slice(3));
  });
});

describe("recordsToReplay", () => {
  it("keeps the order of the ids, and leaves out what is no longer open", async ({ pool }) => {
    const { add } = await addRunWithFile(pool);
    const [one, two, three] = [await add({ payload: "1" }), await add({ payload: "2" }), await add({ payload: "3" })];
    const [resolved, whole] = [await add({ status: "replayed" }), await add({ payload: null })];
    const records = await recordsToReplay(pool, [three, resolved, one, 999_999, whole, two]);
    expect(records.map(({ id, payload }) => [id, payload])).toEqual([
      [three, "3"],
      [one, "1"],
      [two, "2"],
    ]);
    expect(await recordsToReplay(pool, [])).toEqual([]);
    const again = await recordsToReplay(pool, [three, resolved, whole], true);
    expect(again.map(({ id }) => id)).toEqual([three, resolved]);
  });
});

describe("lastReplayedId", () => {
  it("is the greatest of the run's own batches: 0 before the first", async ({ pool }) => {
    const { fileId } = await addRunWithFile(pool);
    const [runId, other] = [
      await addRun(pool, { kind: "replay" }),
      await addRun(pool, { kind: "replay", job: "products" }),
    ];
    expect(await lastReplayedId(pool, runId)).toBe(0);
    const batchId = await addBatch(pool, runId, { state: "loaded" });
    await addSegment(pool, batchId, fileId, { quarantine_ids: [3, 12] });
    await addSegment(pool, batchId, fileId, { position: 1, quarantine_ids: [7] });
    await addSegment(pool, await addBatch(pool, other), fileId, { quarantine_ids: [99] });
    expect(await lastReplayedId(pool, runId)).toBe(12);
  });
});

describe("hasReplayable", () => {
  it("says whether an open record of the dataset waits for something that has arrived", async ({ pool }) => {
    const { add } = await addRunWithFile(pool);
    await add({ missing_key: "not yet" });
    await add({ missing_key: "arrived", status: "replayed" });
    await (await addRunWithFile(pool, "products")).add({ missing_key: "arrived" });
    expect(await hasReplayable(pool, "customers", HAS_ARRIVED)).toBe(false);
    await add({ missing_key: "arrived" });
    expect(await hasReplayable(pool, "customers", HAS_ARRIVED)).toBe(true);
  });
});
