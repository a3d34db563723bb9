import { randomUUID } from "node:crypto";
import { InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addErasure, addFile, addRun } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { listErasures, readErasure } from "./read-erasures.js";

const AT = "2020-01-01T05:00:00.000Z";
const DAY_MS = 24 * 60 * 60 * 1000;

/** Adds a run with a file; returns a function that adds erasures of it. */
async function addRunOfRequests(pool: Pool) {
  const runId = await addRun(pool, { job: "erasure-requests", state: "succeeded" });
  const fileId = await addFile(pool, runId);
  return { runId, add: (columns = {}) => addErasure(pool, runId, fileId, columns) };
}

describe("listErasures", () => {
  it.for([1, 2, 3, 5, 6])(
    "goes through all in pages of %i, newest first, though all came at one instant",
    async (limit, { pool }) => {
      const { add } = await addRunOfRequests(pool);
      const ids: string[] = [];
      for (let i = 0; i < 5; i++) ids.push(await add({ received_at: AT }));
      const seen: string[] = [];
      let before: string | undefined;
      do {
        const { erasures, nextCursor } = await listErasures(pool, { limit, before });
        expect(erasures.length).toBeLessThanOrEqual(limit);
        seen.push(...erasures.map(({ id }) => id));
        before = nextCursor ?? undefined;
      } while (before !== undefined);
      expect(seen).toEqual(ids.sort().reverse());
    },
  );

  it("puts the newest first, and filters by state and run", async ({ pool }) => {
    const [one, two] = [await addRunOfRequests(pool), await addRunOfRequests(pool)];
    const old = await one.add({ received_at: "2020-01-01T00:00:00Z" });
    const recent = await two.add({ received_at: "2020-01-03T00:00:00Z", state: "completed" });
    const middle = await one.add({ received_at: "2020-01-02T00:00:00Z", state: "completed" });
    const idsOf = async (filter: object) =>
      (await listErasures(pool, { limit: 10, ...filter })).erasures.map(({ id }) => id);
    expect(await idsOf({})).toEqual([recent, middle, old]);
    expect(await idsOf({ state: "completed" })).toEqual([recent, middle]);
    expect(await idsOf({ state: "lifted" })).toEqual([]);
    expect(await idsOf({ runId: one.runId })).toEqual([middle, old]);
    expect(await idsOf({ before: recent, state: "completed" })).toEqual([middle]);
    expect(await idsOf({ before: old })).toEqual([]);
    await expect(idsOf({ before: randomUUID() })).rejects.toThrow(InvalidInputError);
    await expect(idsOf({ runId: randomUUID() })).rejects.toThrow(NotFoundError);
  });
});

describe("readErasure", () => {
  it("says how long a completed one took, and of no limit that is left", async ({ pool }) => {
    const { runId, add } = await addRunOfRequests(pool);
    const times = { received_at: AT, suppressed_at: AT, requested_at: AT, completed_at: "2020-01-03T17:00:00.000Z" };
    const id = await add({ ...times, state: "completed", found: true, pseudonym: "p1" });
    expect(await readErasure(pool, id)).toEqual({
      ...{ id, runId, state: "completed", pseudonym: "p1", found: true, policyVersion: "1" },
      outcome: "pseudonymise",
      ...{ requestedAt: AT, receivedAt: AT, suppressedAt: AT, completedAt: times.completed_at },
      ...{ due: "2020-02-01T05:00:00.000Z", isExtended: false, receiptNumber: null, daysOpen: 2.5, daysLeft: null },
    });
  });

  it("says what is left of the month of one that is open, also when that is over", async ({ pool }) => {
    const { add } = await addRunOfRequests(pool);
    const daysAgo = (days: number) => ({ received_at: new Date(Date.now() - days * DAY_MS) });
    const inTime = await readErasure(pool, await add(daysAgo(3)));
    expect(inTime).toMatchObject({ completedAt: null, daysOpen: 3 });
    const due = new Date(inTime.due).getTime();
    expect(inTime.daysLeft).toBeCloseTo((due - Date.now()) / DAY_MS, 1);
    expect(inTime.daysLeft).toBeGreaterThanOrEqual(24.9);
    const late = await readErasure(pool, await add(daysAgo(33)));
    expect(late.daysLeft).toBeLessThan(0);
  });

  it("knows no erasure of another id", async ({ pool }) => {
    await expect(readErasure(pool, randomUUID())).rejects.toThrow(NotFoundError);
  });
});
