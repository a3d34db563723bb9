import { randomUUID } from "node:crypto";
import { InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import { NOTICE_CODES, RUN_STATES } from "@lethe/contracts/runs";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun } from "../../test/ledger-rows.js";
import { inTransaction } from "../pool.js";
import { addNotice } from "./notices.js";
import { listRuns, readActiveRunIds, readLastRuns, readRun } from "./read-runs.js";
import { writeSchemaChanges } from "./schema-changes.js";

const AT = "2020-01-01T05:00:00.000Z";

describe("listRuns", () => {
  it.for([1, 2, 3, 5, 6])(
    "goes through all in pages of %i, newest first, though all came at one instant",
    async (limit, { pool }) => {
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.push(await addRun(pool, { state: "succeeded", requested_at: AT }));
      const seen: string[] = [];
      let before: string | undefined;
      do {
        const { runs, nextCursor } = await listRuns(pool, { limit, before });
        expect(runs.length).toBeLessThanOrEqual(limit);
        seen.push(...runs.map(({ id }) => id));
        before = nextCursor ?? undefined;
      } while (before !== undefined);
      expect(seen).toEqual(ids.sort().reverse());
    },
  );

  it("puts the newest first, and filters by job and state", async ({ pool }) => {
    const old = await addRun(pool, { state: "failed", requested_at: "2020-01-01T00:00:00Z" });
    const recent = await addRun(pool, { job: "products", state: "failed", requested_at: "2020-01-03T00:00:00Z" });
    const middle = await addRun(pool, { state: "succeeded", requested_at: "2020-01-02T00:00:00Z" });
    const idsOf = async (filter: object) => (await listRuns(pool, { limit: 10, ...filter })).runs.map(({ id }) => id);
    expect(await idsOf({})).toEqual([recent, middle, old]);
    expect(await idsOf({ job: "customers" })).toEqual([middle, old]);
    expect(await idsOf({ state: ["failed"] })).toEqual([recent, old]);
    expect(await idsOf({ state: ["failed", "succeeded"] })).toEqual([recent, middle, old]);
    expect(await idsOf({ state: ["failed"], job: "customers" })).toEqual([old]);
    expect(await idsOf({ before: recent, state: ["failed"] })).toEqual([old]);
  });

  it("filters by kind, trigger, time and whether it is open", async ({ pool }) => {
    const replay = await addRun(pool, { kind: "replay", state: "failed", requested_at: "2020-01-01T00:00:00Z" });
    const scheduled = await addRun(pool, {
      trigger: "schedule",
      state: "failed",
      requested_at: "2020-01-02T00:00:00Z",
    });
    const open = await addRun(pool, { state: "finishing", requested_at: "2020-01-03T00:00:00Z" });
    const idsOf = async (filter: object) => (await listRuns(pool, { limit: 10, ...filter })).runs.map(({ id }) => id);
    expect(await idsOf({ kind: "replay" })).toEqual([replay]);
    expect(await idsOf({ trigger: "schedule" })).toEqual([scheduled]);
    expect(await idsOf({ open: true })).toEqual([open]);
    expect(await idsOf({ open: false })).toEqual([scheduled, replay]);
    expect(await idsOf({ requestedFrom: "2020-01-02T00:00:00Z" })).toEqual([open, scheduled]);
    expect(await idsOf({ requestedTo: "2020-01-02T00:00:00Z" })).toEqual([replay]);
    expect(await idsOf({ requestedFrom: "2020-01-01T12:00:00Z", requestedTo: "2020-01-02T12:00:00Z" })).toEqual([
      scheduled,
    ]);
  });

  it("finds a run by the beginning of its id", async ({ pool }) => {
    const id = "3f2a1b00-0000-4000-8000-00000000abcd";
    await addRun(pool, { id, state: "failed" });
    await addRun(pool, { id: "3f2b0000-0000-4000-8000-000000000000", state: "failed" });
    const idsOf = async (start: string) => (await listRuns(pool, { limit: 10, id: start })).runs.map((run) => run.id);
    for (const start of ["3f2a", "3F2A1B", "3f2a1b00-", "3f2a1b00-0000-40", id])
      expect(await idsOf(start)).toEqual([id]);
    expect(await idsOf("3f2a1c")).toEqual([]);
    expect(await idsOf("3f2")).toHaveLength(2);
  });

  it("refuses a cursor that nobody knows, and has an empty page for the last one", async ({ pool }) => {
    const only = await addRun(pool);
    await expect(listRuns(pool, { limit: 10, before: randomUUID() })).rejects.toThrow(InvalidInputError);
    expect(await listRuns(pool, { limit: 10, before: only })).toEqual({ runs: [], nextCursor: null });
  });
});

describe("readRun", () => {
  it("adds up a run's files and batches, each once", async ({ pool }) => {
    const times = {
      requested_at: AT,
      started_at: AT,
      finished_at: "2020-01-01T05:00:02Z",
      extract_ms: 3,
      finish_ms: 4,
    };
    const range = { range_from: "2020-01-01", range_to: "2020-01-02", force: true };
    const runId = await addRun(pool, {
      state: "failed",
      already_loaded: 9,
      error_code: "x",
      error_message: "y",
      ...times,
      ...range,
    });
    for (const state of ["open", "done", "done", "quarantined", "released"]) await addFile(pool, runId, { state });
    const counts = { records_in: 5, records_loaded: 3, records_rejected: 2, transform_ms: 1, load_ms: 2 };
    await addBatch(pool, runId, { state: "loaded", rejected_by_reason: { schema: 1, duplicate: 1 }, ...counts });
    await addBatch(pool, runId, { state: "loaded", rejected_by_reason: { schema: 2 }, ...counts });
    for (const state of ["failed", "cancelled", "staged"]) await addBatch(pool, runId, { state });
    await addBatch(pool, await addRun(pool, { job: "products" }), { state: "loaded", ...counts });
    expect(await readRun(pool, runId)).toMatchObject({
      ...{ id: runId, job: "customers", kind: "files", trigger: "api", state: "failed" },
      ...{ from: "2020-01-01", to: "2020-01-02", force: true },
      ...{ requestedAt: AT, startedAt: AT, finishedAt: "2020-01-01T05:00:02.000Z" },
      files: { taken: 5, done: 2, alreadyLoaded: 9, quarantined: 1 },
      batches: { total: 5, done: 2, failed: 1 },
      records: { in: 10, loaded: 6, rejected: 4, rejectedByReason: { schema: 3, duplicate: 1 } },
      bytes: { files: 500, batches: 500 },
      durationsMs: { total: 2_000, extract: 3, transform: 2, load: 4, finish: 4 },
      error: { code: "x", message: "y" },
    });
  });

  it("shows an empty run with zeros", async ({ pool }) => {
    const run = await readRun(pool, await addRun(pool, { requested_at: new Date(Date.now() - 60_000) }));
    expect(run).toMatchObject({
      files: { taken: 0, done: 0, alreadyLoaded: 0, quarantined: 0 },
      batches: { total: 0, done: 0, failed: 0 },
      records: { in: 0, loaded: 0, rejected: 0, rejectedByReason: {} },
      ...{ from: null, to: null, startedAt: null, finishedAt: null, error: null },
      ...{ notices: [], failures: [], schemaChanges: [] },
    });
    expect(run.durationsMs.total).toBeGreaterThan(59_000);
  });

  it("names notices, failed batches in their order, and schema changes", async ({ pool }) => {
    const runId = await addRun(pool);
    await addNotice(pool, runId, "empty_file", "b.json");
    await addNotice(pool, runId, "file_busy", "a.json");
    const second = await addBatch(pool, runId, { number: 2, state: "failed" });
    const first = await addBatch(pool, runId, { number: 1, state: "failed", error_code: "x", error_message: "y" });
    const change = {
      change: "new",
      field: "/nickname",
      records: 3,
      fileId: await addFile(pool, runId),
      line: 2,
    } as const;
    await inTransaction(pool, (client) => writeSchemaChanges(client, first, [change]));
    const { notices, failures, schemaChanges } = await readRun(pool, runId);
    expect(notices.map(({ code, path }) => [code, path])).toEqual([
      ["empty_file", "b.json"],
      ["file_busy", "a.json"],
    ]);
    expect(failures).toEqual([
      { batchId: first, code: "x", message: "y" },
      { batchId: second, code: "unknown", message: "" },
    ]);
    expect(schemaChanges).toMatchObject([{ change: "new", field: "/nickname", records: 3, firstLine: 2 }]);
  });

  it("knows no run of another id", async ({ pool }) => {
    await expect(readRun(pool, randomUUID())).rejects.toThrow(NotFoundError);
  });
});

describe("readLastRuns", () => {
  it("returns the newest run over files of each job, passing over those that were skipped", async ({ pool }) => {
    const day = (n: number) => ({ requested_at: `2020-01-0${n}T00:00:00Z` });
    await addRun(pool, { state: "succeeded", ...day(1) });
    const last = await addRun(pool, { state: "failed", ...day(2) });
    await addRun(pool, { state: "skipped", ...day(3) });
    await addRun(pool, { kind: "replay", state: "succeeded", ...day(4) });
    const product = await addRun(pool, { job: "products", state: "queued", ...day(1) });
    const runs = await readLastRuns(pool);
    expect([...runs].map(([job, { id }]) => [job, id]).sort()).toEqual([
      ["customers", last],
      ["products", product],
    ]);
  });
});

describe("readActiveRunIds", () => {
  it.for(RUN_STATES)("returns the open run over files of each job: one is %s", async (state, { pool }) => {
    const runId = await addRun(pool, { state });
    await addRun(pool, { job: "products", kind: "replay" });
    const isOpen = ["queued", "extracting", "processing", "finishing"].includes(state);
    expect(await readActiveRunIds(pool)).toEqual(new Map(isOpen ? [["customers", runId]] : []));
  });
});

describe("addNotice", () => {
  it("keeps the same note once, and says the detail behind the notice's own text", async ({ pool }) => {
    const runId = await addRun(pool);
    await addNotice(pool, runId, "file_unknown", "a.txt", "Its name ends with .txt.");
    await addNotice(pool, runId, "file_unknown", "a.txt", "Once more.");
    await addNotice(pool, runId, "file_unknown", "b.txt");
    expect((await readRun(pool, runId)).notices).toEqual([
      { code: "file_unknown", path: "a.txt", message: `${NOTICE_CODES.file_unknown} Its name ends with .txt.` },
      { code: "file_unknown", path: "b.txt", message: NOTICE_CODES.file_unknown },
    ]);
  });
});
