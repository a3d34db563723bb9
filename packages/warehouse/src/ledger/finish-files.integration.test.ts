import type { Partition } from "@lethe/contracts/partition";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment, readRow, readRows } from "../../test/ledger-rows.js";
import { inTransaction, type Pool } from "../pool.js";
import {
  announceArchived,
  announceRewrite,
  lockPublication,
  processedLengths,
  quarantinedFilesOfRun,
  readCompleteFiles,
  recordArchived,
  recordPublications,
  recordRewrite,
  tryLockPublication,
  unpublishedParts,
} from "./finish-files.js";

const HOUR_5: Partition = { date: "2020-01-01", hour: 5 };
const HOUR_6: Partition = { date: "2020-01-01", hour: 6 };

/** Adds a file of an hour. */
function addFileOf(pool: Pool, runId: string, { date, hour }: Partition, name: string): Promise<number> {
  const path = `date=${date}/hour=0${hour}/${name}`;
  return addFile(pool, runId, { path, partition_date: date, partition_hour: hour });
}

describe("unpublishedParts", () => {
  it("orders by partition, file and line, whatever the batches' order", async ({ pool }) => {
    const runId = await addRun(pool);
    const later = await addFileOf(pool, runId, HOUR_6, "a.json");
    const b = await addFileOf(pool, runId, HOUR_5, "b.json");
    const a = await addFileOf(pool, runId, HOUR_5, "a.json");
    const [one, two] = [
      await addBatch(pool, runId, { state: "loaded" }),
      await addBatch(pool, runId, { state: "loaded" }),
    ];
    const at = (position: number, first_line = 1) => ({
      position,
      first_line,
      published_offset: position,
      published_bytes: 9,
    });
    await addSegment(pool, one, later, at(0));
    await addSegment(pool, one, a, at(1, 11));
    await addSegment(pool, one, b, at(2));
    await addSegment(pool, two, a, at(0, 1));
    const part = { bytes: 9, output: null };
    expect(await unpublishedParts(pool, runId, 10)).toEqual([
      { ...part, partition: HOUR_5, batchId: two, position: 0, offset: 0 },
      { ...part, partition: HOUR_5, batchId: one, position: 1, offset: 1 },
      { ...part, partition: HOUR_5, batchId: one, position: 2, offset: 2 },
      { ...part, partition: HOUR_6, batchId: one, position: 0, offset: 0 },
    ]);
    const first = await unpublishedParts(pool, runId, 1);
    expect(first.map(({ partition }) => partition)).toEqual([HOUR_5, HOUR_5, HOUR_5]);
  });

  it("returns complete partitions alone where asked to: those whose files are all loaded, once the run is extracted", async ({
    pool,
  }) => {
    const runId = await addRun(pool);
    const file = async (partition: Partition, name: string, loaded: number, total: number | null) => {
      const { date, hour } = partition;
      const columns = { path: `date=${date}/hour=0${hour}/${name}`, partition_date: date, partition_hour: hour };
      return addFile(pool, runId, { ...columns, batches_loaded: loaded, batches_total: total });
    };
    const hours = [5, 6, 7].map((hour): Partition => ({ date: "2020-01-01", hour }));
    const [complete, half, other] = [hours[0], hours[1], hours[2]] as [Partition, Partition, Partition];
    const batch = await addBatch(pool, runId, { state: "loaded" });
    const output = { published_offset: 0, published_bytes: 9 };
    await addSegment(pool, batch, await file(complete, "a.json", 2, 2), { ...output, position: 0 });
    await addSegment(pool, batch, await file(half, "a.json", 1, 1), { ...output, position: 1 });
    await addSegment(pool, batch, await file(half, "b.json", 1, 2), { ...output, position: 2 });
    await addSegment(pool, batch, await file(other, "a.json", 1, null), { ...output, position: 3 });
    expect(await unpublishedParts(pool, runId, 10, "complete")).toEqual([]);
    await pool.query("update ledger.runs set extracted_at = now() where id = $1", [runId]);
    const parts = await unpublishedParts(pool, runId, 10, "complete");
    expect(parts.map(({ partition }) => partition)).toEqual([complete]);
    expect(await unpublishedParts(pool, runId, 10)).toHaveLength(4);
  });

  it("leaves out what is not loaded, what holds nothing, what was published, and what is of another run", async ({
    pool,
  }) => {
    const [runId, otherId] = [await addRun(pool), await addRun(pool, { job: "products" })];
    const fileId = await addFileOf(pool, runId, HOUR_5, "a.json");
    const output = { published_offset: 0, published_bytes: 9 };
    for (const state of ["staged", "transformed", "failed", "cancelled"]) {
      await addSegment(pool, await addBatch(pool, runId, { state }), fileId, output);
    }
    await addSegment(pool, await addBatch(pool, otherId, { state: "loaded" }), fileId, output);
    const empty = await addBatch(pool, runId, { state: "loaded" });
    await addSegment(pool, empty, fileId, { ...output, published_bytes: 0 });
    await addSegment(pool, empty, fileId, { position: 1 });
    expect(await unpublishedParts(pool, runId, 10)).toEqual([]);
  });
});

describe("lockPublication", () => {
  it("keeps other publishers of the dataset out until the transaction ends, and no others", async ({
    client,
    hasty,
  }) => {
    await lockPublication(client, "customers");
    const lock = (dataset: "customers" | "products") =>
      inTransaction(hasty, (other) => lockPublication(other, dataset));
    await expect(lock("customers")).rejects.toMatchObject({ cause: LOCKED });
    await lock("products");
    await client.query("commit");
    await lock("customers");
  });
});

describe("tryLockPublication", () => {
  it("has it when nobody else has, of whichever way of locking", async ({ pool, client }) => {
    const tryLock = () => inTransaction(pool, (other) => tryLockPublication(other, "customers"));
    expect(await tryLock()).toBe(true);
    expect(await tryLockPublication(client, "customers")).toBe(true);
    expect(await tryLock()).toBe(false);
    await client.query("rollback; begin");
    await lockPublication(client, "customers");
    expect(await tryLock()).toBe(false);
    await client.query("rollback");
    expect(await tryLock()).toBe(true);
  });
});

describe("processed files", () => {
  const publish = (pool: Pool, partition: Partition, bytes: number) =>
    inTransaction(pool, (client) => recordPublications(client, "customers", [{ partition, bytes, parts: [] }]));
  const lengthOf = async (pool: Pool, partition: Partition) =>
    (await processedLengths(pool, "customers", [partition]))[0];

  it("have length 0 where there is none, and stand in the order of the partitions", async ({ pool }) => {
    await publish(pool, HOUR_6, 60);
    await publish(pool, HOUR_5, 50);
    expect(await processedLengths(pool, "customers", [HOUR_6, { ...HOUR_5, date: "2020-01-02" }, HOUR_5])).toEqual([
      { bytes: 60, nextBytes: null },
      { bytes: 0, nextBytes: null },
      { bytes: 50, nextBytes: null },
    ]);
    expect(await processedLengths(pool, "products", [HOUR_5])).toEqual([{ bytes: 0, nextBytes: null }]);
    expect(await processedLengths(pool, "customers", [])).toEqual([]);
  });

  it("keep the old length until a rewritten one is in place", async ({ pool }) => {
    await publish(pool, HOUR_5, 50);
    await publish(pool, HOUR_6, 60);
    await announceRewrite(pool, "customers", HOUR_5, 45);
    expect(await lengthOf(pool, HOUR_5)).toEqual({ bytes: 50, nextBytes: 45 });
    await recordRewrite(pool, "customers", HOUR_5, 45);
    expect(await lengthOf(pool, HOUR_5)).toEqual({ bytes: 45, nextBytes: null });
    expect(await lengthOf(pool, HOUR_6)).toEqual({ bytes: 60, nextBytes: null });
  });

  it("come into being by publication alone", async ({ pool }) => {
    await announceRewrite(pool, "customers", HOUR_5, 45);
    await recordRewrite(pool, "customers", HOUR_5, 45);
    expect(await readRows(pool, "ledger.processed_files", "bytes")).toEqual([]);
  });

  it("forget a rewrite that was announced when more is published", async ({ pool }) => {
    await publish(pool, HOUR_5, 50);
    await announceRewrite(pool, "customers", HOUR_5, 45);
    await publish(pool, HOUR_5, 70);
    expect(await lengthOf(pool, HOUR_5)).toEqual({ bytes: 70, nextBytes: null });
  });

  it("are done with the parts that were published, and with no others of the batch", async ({ pool }) => {
    const runId = await addRun(pool);
    const fileId = await addFileOf(pool, runId, HOUR_5, "a.json");
    const batchId = await addBatch(pool, runId, { state: "loaded" });
    for (const position of [0, 1]) {
      await addSegment(pool, batchId, fileId, { position, published_offset: position, published_bytes: 9 });
    }
    const [first, second] = await unpublishedParts(pool, runId, 1);
    const publication = { partition: HOUR_5, bytes: 9, parts: first === undefined ? [] : [first] };
    await inTransaction(pool, (client) => recordPublications(client, "customers", [publication]));
    expect(await unpublishedParts(pool, runId, 1)).toEqual([second]);
  });
});

describe("readCompleteFiles", () => {
  it("returns open files whose batches are all loaded", async ({ pool }) => {
    const runId = await addRun(pool);
    const complete = { batches_total: 1, batches_loaded: 1 };
    const ids = [
      await addFile(pool, runId, { ...complete, holds_suppressed: true }),
      await addFile(pool, runId, { ...complete, kept_path: "there/customers.json" }),
      await addFile(pool, runId, { batches_total: 0 }),
    ];
    await addFile(pool, runId, { batches_total: 2, batches_loaded: 1 });
    await addFile(pool, runId);
    for (const state of ["done", "released", "quarantined"]) await addFile(pool, runId, { ...complete, state });
    await addFile(pool, await addRun(pool, { job: "products" }), complete);
    const path = "date=2020-01-01/hour=05/customers.json";
    const file = {
      path,
      partition: HOUR_5,
      holdsSuppressed: false,
      keptPath: null,
      sha256: expect.any(Buffer),
      bytes: expect.any(Number),
      format: null,
      convertedFrom: null,
    };
    expect(await readCompleteFiles(pool, runId)).toEqual([
      { ...file, id: ids[0], holdsSuppressed: true },
      { ...file, id: ids[1], keptPath: "there/customers.json" },
      // A CSV file without rows has a header still.
      { ...file, id: ids[2], holdsSuppressed: true },
    ]);
  });
});

describe("archiving", () => {
  it("notes first where open files go, then that they are done", async ({ pool }) => {
    const runId = await addRun(pool);
    const [one, two] = [await addFile(pool, runId), await addFile(pool, runId)];
    const files = [
      { id: two, keptPath: "two" },
      { id: one, keptPath: "one" },
    ];
    await announceArchived(pool, files);
    const noted = await readRows(pool, "ledger.files", "id", "state", "kept_path", "done_at");
    expect(noted).toEqual([
      { id: one, state: "open", kept_path: "one", done_at: null },
      { id: two, state: "open", kept_path: "two", done_at: null },
    ]);
    const archived = files.map(({ id, keptPath }) => ({ id, name: keptPath, isArchived: true }));
    await recordArchived(pool, archived);
    const done = await readRows(pool, "ledger.files", "id", "state", "kept_path", "done_at");
    expect(done).toEqual([
      { id: one, state: "done", kept_path: "one", done_at: expect.any(Date) },
      { id: two, state: "done", kept_path: "two", done_at: expect.any(Date) },
    ]);
    // A name from outside may hold anything about anybody.
    expect((await readRows(pool, "ledger.files", "path")).map(({ path }) => path).sort()).toEqual(["one", "two"]);
    await recordArchived(pool, archived);
    expect(await readRows(pool, "ledger.files", "id", "state", "kept_path", "done_at")).toEqual(done);
  });

  it.for(["done", "released", "quarantined"])("leaves a file as it is that is %s", async (state, { pool }) => {
    const id = await addFile(pool, await addRun(pool), { state, kept_path: "before" });
    await announceArchived(pool, [{ id, keptPath: "after" }]);
    await recordArchived(pool, [{ id, name: "after", isArchived: true }]);
    expect(await readRow(pool, "ledger.files", id)).toMatchObject({ state, kept_path: "before" });
  });
});

describe("quarantinedFilesOfRun", () => {
  it("returns the paths of a run's files that were put aside", async ({ pool }) => {
    const runId = await addRun(pool);
    const id = await addFile(pool, runId, { state: "quarantined", kept_path: "aside/a.json" });
    await addFile(pool, runId, { state: "quarantined", kept_path: null });
    await addFile(pool, runId, { state: "done", kept_path: "archive/b.json" });
    const other = await addRun(pool, { job: "products" });
    await addFile(pool, other, { state: "quarantined", kept_path: "aside/c.json" });
    expect(await quarantinedFilesOfRun(pool, runId)).toEqual([{ id, path: "aside/a.json" }]);
  });
});
