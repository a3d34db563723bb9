import { randomUUID } from "node:crypto";
import { InvalidInputError, NotFoundError, RunStateError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addErasure, addFile, addQuarantined, addRun, readRows } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { approveRequest, rejectRequest } from "./decide-request.js";
import { extendRequest, listRequests, measureOpenRequests, readRequest } from "./requests.js";

const REQUESTS = "erasure-requests";
const AT = "2020-01-05T05:00:00.000Z";
const EXTENSION = { reason: "many requests at once", by: "officer" };

/** Adds a run with a file that arrived then; returns functions that add requests of it. */
async function addFileOfRequests(pool: Pool, arrived: string | Date = AT) {
  const runId = await addRun(pool, { job: REQUESTS, state: "succeeded" });
  const fileId = await addFile(pool, runId, { dataset: REQUESTS, state: "done", created_at: arrived });
  return {
    quarantine: async (columns = {}) =>
      String(await addQuarantined(pool, runId, fileId, { dataset: REQUESTS, ...columns })),
    erase: (columns = {}) => addErasure(pool, runId, fileId, { received_at: arrived, ...columns }),
  };
}

const stateOf = async (pool: Pool, id: string) => (await readRequest(pool, REQUESTS, id)).state;

describe("the state of a request", () => {
  it.for([
    [{ reason: "identity_mismatch" }, "undecided"],
    [{ reason: "held" }, "undecided"],
    [{ reason: "identity_mismatch", approved_at: AT }, "approved"],
    [{ reason: "schema" }, "malformed"],
    [{ reason: "unreadable", line: null, payload: null }, "unreadable"],
    [{ reason: "schema", status: "erased" }, "masked"],
    [{ reason: "schema", status: "discarded", resolved_at: AT }, "refused"],
  ] as const)("in quarantine as %j is %s", async ([columns, state], { pool }) => {
    const { quarantine } = await addFileOfRequests(pool);
    const id = await quarantine(columns);
    const closedAt = state === "refused" ? AT : null;
    expect(await readRequest(pool, REQUESTS, id)).toMatchObject({
      id,
      state,
      receivedAt: AT,
      closedAt,
      erasureId: null,
    });
  });

  it.for(["suppressed", "completed", "lifted"])("that has become an erasure is %s", async (state, { pool }) => {
    const { erase } = await addFileOfRequests(pool);
    const completedAt = state === "suppressed" ? null : AT;
    const id = await erase({ state, completed_at: completedAt });
    expect(await readRequest(pool, REQUESTS, id)).toMatchObject({ id, state, receivedAt: AT, closedAt: completedAt });
  });

  it("tells of a first approval and of a refusal", async ({ pool }) => {
    const { quarantine } = await addFileOfRequests(pool);
    const id = await quarantine({ reason: "identity_mismatch" });
    await approveRequest(pool, REQUESTS, Number(id), { by: "first", fourEyes: true });
    expect(await stateOf(pool, id)).toBe("awaiting second approval");
    await rejectRequest(pool, { name: REQUESTS, maskedRecord: {} }, Number(id), { by: "second", reason: "case 1" });
    expect(await readRequest(pool, REQUESTS, id)).toMatchObject({ state: "refused", reason: "case 1" });
  });

  it("is nothing for a second copy, what was taken, other datasets' records, and follow-ups", async ({ pool }) => {
    const { quarantine, erase } = await addFileOfRequests(pool);
    await quarantine({ reason: "duplicate" });
    await quarantine({ reason: "schema", dataset: "customers" });
    const replayed = await quarantine({ reason: "identity_mismatch", status: "replayed" });
    await erase({ kind: "follow-up" });
    expect((await listRequests(pool, REQUESTS, { limit: 10 })).requests).toEqual([]);
    await expect(readRequest(pool, REQUESTS, replayed)).rejects.toThrow(NotFoundError);
  });
});

describe("the day by which a request must be answered", () => {
  it.for([
    ["2026-01-05T05:00:00Z", "2026-02-05T05:00:00.000Z", "2026-04-05T04:00:00.000Z"],
    // The month has no such day: its last one, and not the first of the next.
    ["2026-01-31T10:00:00Z", "2026-02-28T10:00:00.000Z", "2026-04-30T09:00:00.000Z"],
    ["2028-01-31T10:00:00Z", "2028-02-29T10:00:00.000Z", "2028-04-30T09:00:00.000Z"],
    // In Zagreb it is the first of February already.
    ["2026-01-31T23:30:00Z", "2026-02-28T23:30:00.000Z", "2026-04-30T22:30:00.000Z"],
    // Summer time begins in between: the same hour of the day there.
    ["2026-03-15T08:00:00Z", "2026-04-15T07:00:00.000Z", "2026-06-15T07:00:00.000Z"],
  ] as const)("of %s is %s, and %s when it was extended", async ([arrived, due, extended], { pool }) => {
    const { quarantine, erase } = await addFileOfRequests(pool, arrived);
    for (const id of [await quarantine(), await erase()]) {
      expect(await readRequest(pool, REQUESTS, id)).toMatchObject({ due, isExtended: false });
      expect(await extendRequest(pool, REQUESTS, id, EXTENSION)).toMatchObject({ due: extended, isExtended: true });
    }
  });

  it("goes by the time zone of the job", async ({ pool }) => {
    const { quarantine } = await addFileOfRequests(pool, "2026-01-31T23:30:00Z");
    const id = await quarantine();
    await pool.query("insert into ledger.schedules (job, cron, timezone) values ($1, '0 1 * * *', 'UTC')", [REQUESTS]);
    expect(await readRequest(pool, REQUESTS, id)).toMatchObject({ due: "2026-02-28T23:30:00.000Z" });
    await pool.query("update ledger.schedules set timezone = 'Pacific/Auckland'");
    expect(await readRequest(pool, REQUESTS, id)).toMatchObject({ due: "2026-02-28T23:30:00.000Z" });
    await pool.query("update ledger.schedules set timezone = 'America/Los_Angeles'");
    expect(await readRequest(pool, REQUESTS, id)).toMatchObject({ due: "2026-02-28T23:30:00.000Z" });
  });
});

describe("extendRequest", () => {
  it("extends once, with the reason and the name on record", async ({ pool }) => {
    const { quarantine } = await addFileOfRequests(pool);
    const id = await quarantine();
    const both = [extendRequest(pool, REQUESTS, id, EXTENSION), extendRequest(pool, REQUESTS, id, EXTENSION)];
    expect((await Promise.allSettled(both)).map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await readRequest(pool, REQUESTS, id)).toMatchObject({ isExtended: true, reason: EXTENSION.reason });
    expect(await readRows(pool, "privacy.acts", "act", "acted_by", "quarantine_id", "reason")).toEqual([
      { act: "extended", acted_by: "officer", quarantine_id: Number(id), reason: EXTENSION.reason },
    ]);
  });

  it("holds when the request becomes an erasure, which it is found by then, too", async ({ pool }) => {
    const { quarantine, erase } = await addFileOfRequests(pool);
    const id = await quarantine({ reason: "identity_mismatch" });
    await extendRequest(pool, REQUESTS, id, EXTENSION);
    const erasureId = await erase({ quarantine_id: id });
    const request = await readRequest(pool, REQUESTS, id);
    expect(request).toMatchObject({ id: erasureId, state: "suppressed", isExtended: true, receivedAt: AT });
    expect(await readRequest(pool, REQUESTS, erasureId)).toMatchObject({ id: erasureId, isExtended: true });
    await expect(extendRequest(pool, REQUESTS, erasureId, EXTENSION)).rejects.toThrow(RunStateError);
  });

  it("refuses what is answered, and knows nothing of another id", async ({ pool }) => {
    const { erase } = await addFileOfRequests(pool);
    const id = await erase({ state: "completed", completed_at: AT });
    await expect(extendRequest(pool, REQUESTS, id, EXTENSION)).rejects.toThrow(RunStateError);
    await expect(extendRequest(pool, REQUESTS, "999999999", EXTENSION)).rejects.toThrow(NotFoundError);
  });
});

describe("listRequests", () => {
  it.for([1, 2, 3, 10])("goes through all in pages of %i, newest first", async (limit, { pool }) => {
    const older = await addFileOfRequests(pool, "2020-01-01T00:00:00Z");
    const newer = await addFileOfRequests(pool, "2020-01-02T00:00:00Z");
    const last = [await older.quarantine(), await older.erase()].sort().reverse();
    const first = [await newer.quarantine(), await newer.erase()].sort().reverse();
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const { requests, nextCursor } = await listRequests(pool, REQUESTS, { limit, before });
      seen.push(...requests.map(({ id }) => id));
      before = nextCursor ?? undefined;
    } while (before !== undefined);
    expect(seen).toEqual([...first, ...last]);
  });

  it.for([1, 2, 10])("goes through all in pages of %i by the day on which each is due", async (limit, { pool }) => {
    const older = await addFileOfRequests(pool, "2020-01-01T00:00:00Z");
    const newer = await addFileOfRequests(pool, "2020-01-20T00:00:00Z");
    const [extended, second] = [await older.quarantine(), await newer.erase()];
    const first = await older.erase();
    await extendRequest(pool, REQUESTS, extended, EXTENSION);
    const seen: string[] = [];
    let before: string | undefined;
    do {
      const { requests, nextCursor } = await listRequests(pool, REQUESTS, { order: "due", limit, before });
      seen.push(...requests.map(({ id }) => id));
      before = nextCursor ?? undefined;
    } while (before !== undefined);
    expect(seen).toEqual([first, second, extended]);
  });

  it("refuses a cursor that nobody knows", async ({ pool }) => {
    const { quarantine } = await addFileOfRequests(pool);
    const only = await quarantine();
    expect((await listRequests(pool, REQUESTS, { limit: 10, before: only })).requests).toEqual([]);
    for (const before of ["999999999", randomUUID()]) {
      await expect(listRequests(pool, REQUESTS, { limit: 10, before })).rejects.toThrow(InvalidInputError);
    }
  });

  it("filters by state, and by whether the clock runs", async ({ pool }) => {
    const { quarantine, erase } = await addFileOfRequests(pool);
    const [malformed, done] = [await quarantine(), await erase({ state: "completed", completed_at: AT })];
    const idsOf = async (filter: object) =>
      (await listRequests(pool, REQUESTS, { limit: 10, ...filter })).requests.map(({ id }) => id);
    expect(await idsOf({ state: "malformed" })).toEqual([malformed]);
    expect(await idsOf({ open: true })).toEqual([malformed]);
    expect(await idsOf({ open: false })).toEqual([done]);
  });
});

describe("measureOpenRequests", () => {
  it("counts every request whose clock runs, and erasures without one", async ({ pool }) => {
    expect(await measureOpenRequests(pool, REQUESTS)).toEqual({ open: 0, oldestSeconds: 0, leftSeconds: null });
    const { quarantine, erase } = await addFileOfRequests(pool, new Date(Date.now() - 4 * 24 * 60 * 60 * 1000));
    for (let i = 0; i < 3; i++) await quarantine({ reason: "identity_mismatch" });
    for (let i = 0; i < 6; i++) await quarantine({ reason: "schema" });
    await quarantine({ reason: "schema", status: "discarded", resolved_at: AT });
    await erase({ state: "completed", completed_at: AT });
    await erase({ kind: "follow-up", received_at: new Date() });
    const { open, oldestSeconds, leftSeconds } = await measureOpenRequests(pool, REQUESTS);
    expect(open).toBe(10);
    const DAY = 24 * 60 * 60;
    expect(oldestSeconds / DAY).toBeCloseTo(4, 1);
    // A month has 28 to 31 days.
    expect(Math.abs((leftSeconds ?? 0) / DAY - 25.5)).toBeLessThan(1.6);
  });

  it("counts what an erasure has masked until somebody answers it", async ({ pool }) => {
    const { quarantine } = await addFileOfRequests(pool);
    const id = await quarantine({ reason: "schema", status: "erased" });
    expect((await measureOpenRequests(pool, REQUESTS)).open).toBe(1);
    await rejectRequest(pool, { name: REQUESTS, maskedRecord: {} }, Number(id), { by: "officer", reason: "answered" });
    expect((await measureOpenRequests(pool, REQUESTS)).open).toBe(0);
  });
});
