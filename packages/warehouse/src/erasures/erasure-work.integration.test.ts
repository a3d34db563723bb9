import type { ErasurePlace } from "@lethe/contracts/erasures";
import { RUN_STATES } from "@lethe/contracts/runs";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addErasure, addFile, addRun } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { recordFailedAttempts, removeAttempts } from "./erasure-attempts.js";
import { inErasureTransaction, takeErasures } from "./erasure-fence.js";
import { pendingErasures, readPlaces, recordPlaces } from "./erasure-work.js";

const BEFORE = "2020-01-01T00:00:00Z";
const SUPPRESSED = "2020-01-02T00:00:00Z";
const AFTER = "2020-01-03T00:00:00Z";

/** Adds an erasure that a run in this state brought, which opened before the person was suppressed. */
async function addErasureOf(pool: Pool, state: string, columns = {}) {
  const runId = await addRun(pool, { job: "erasure-requests", state, requested_at: BEFORE });
  const fileId = await addFile(pool, runId, { dataset: "erasure-requests" });
  const id = await addErasure(pool, runId, fileId, { suppressed_at: SUPPRESSED, ...columns });
  return { id, runId, fileId };
}

describe("pendingErasures", () => {
  it("returns erasures that are not completed, oldest first", async ({ pool }) => {
    const received = (n: number) => ({ received_at: `2020-01-0${n}T00:00:00Z` });
    const second = await addErasureOf(pool, "succeeded", { ...received(2), pseudonyms: ["p1", "p2"], key_id: "key-2" });
    const first = await addErasureOf(pool, "succeeded", received(1));
    for (const state of ["completed", "lifted"]) await addErasureOf(pool, "succeeded", { state });
    const ofSubject = { subjectId: expect.any(String), outcome: "pseudonymise" };
    const rest = { waits: false, isOrphaned: true, ...ofSubject, hasFailed: false, isDue: true };
    expect(await pendingErasures(pool, "erasure-requests")).toEqual([
      { id: first.id, runId: first.runId, keyId: "key-1", pseudonyms: [], ...rest },
      { id: second.id, runId: second.runId, keyId: "key-2", pseudonyms: ["p1", "p2"], ...rest },
    ]);
  });

  it("has one that failed wait for a while, and the longer the more often it failed", async ({ pool }) => {
    const { id } = await addErasureOf(pool, "succeeded");
    const failed = [{ erasureId: id, errorCode: "EIO", place: "archived_data", name: "a.json" }];
    for (const minutes of [1, 2, 4]) {
      await inErasureTransaction(pool, await takeErasures(pool), (client) => recordFailedAttempts(client, failed));
      expect(await pendingErasures(pool, "erasure-requests")).toMatchObject([{ hasFailed: true, isDue: false }]);
      const { rows } = await pool.query(
        "select extract(epoch from next_at - last_at)::integer / 60 as minutes, error_code, place from privacy.erasure_attempts",
      );
      expect(rows).toEqual([{ minutes, error_code: "EIO", place: "archived_data" }]);
    }
    await pool.query("update privacy.erasure_attempts set next_at = clock_timestamp()");
    expect(await pendingErasures(pool, "erasure-requests")).toMatchObject([{ hasFailed: true, isDue: true }]);
    await removeAttempts(pool, [id]);
    expect(await pendingErasures(pool, "erasure-requests")).toMatchObject([{ hasFailed: false, isDue: true }]);
  });

  it.for(RUN_STATES.map((state, i) => [state, i < 4] as const))(
    "waits for an older run that is %s: %s",
    async ([state, waits], { pool }) => {
      await addErasureOf(pool, "finishing");
      await addRun(pool, { state, requested_at: BEFORE });
      expect(await pendingErasures(pool, "erasure-requests")).toMatchObject([{ waits }]);
    },
  );

  it("waits for no run that opened after the person was suppressed", async ({ pool }) => {
    await addErasureOf(pool, "finishing");
    await addRun(pool, { requested_at: AFTER });
    expect(await pendingErasures(pool, "erasure-requests")).toMatchObject([{ waits: false }]);
  });

  it.for([
    ["queued", true],
    ["processing", true],
    ["finishing", false],
  ] as const)("waits for a run of requests that is %s: %s", async ([state, waits], { pool }) => {
    await addErasureOf(pool, state);
    expect(await pendingErasures(pool, "erasure-requests")).toMatchObject([{ waits }]);
  });

  it("waits for no run in its last stage that says that it has nothing left of the person", async ({ pool }) => {
    await addErasureOf(pool, "finishing");
    const older = await addRun(pool, { state: "finishing", requested_at: BEFORE });
    expect(await pendingErasures(pool, "erasure-requests", older)).toMatchObject([{ waits: false }]);
    await addRun(pool, { job: "transactions", state: "finishing", requested_at: BEFORE });
    expect(await pendingErasures(pool, "erasure-requests", older)).toMatchObject([{ waits: true }]);
  });

  it.for(RUN_STATES.map((state, i) => [state, i >= 4] as const))(
    "is orphaned by a run that is %s: %s",
    async ([state, isOrphaned], { pool }) => {
      await addErasureOf(pool, state);
      expect(await pendingErasures(pool, "erasure-requests")).toMatchObject([{ isOrphaned }]);
    },
  );
});

describe("places", () => {
  const table = { place: "warehouse.customers", name: "", records: 2, values: 9 };
  const file = { place: "archived_data", name: "b.json", records: 1, values: 3 };

  it("are read by place and name; those of another erasure are not among them", async ({ pool }) => {
    const { id, runId, fileId } = await addErasureOf(pool, "succeeded");
    const other = await addErasure(pool, runId, fileId);
    const earlier = { ...file, name: "a.json" };
    await recordPlaces(pool, [
      ...[table, file, earlier].map((place) => ({ erasureId: id, ...place })),
      { erasureId: other, ...file, name: "c.json" },
    ]);
    expect(await readPlaces(pool, id)).toEqual([earlier, file, table]);
  });

  it("keep the greatest of what was noted, each number by itself", async ({ pool }) => {
    const { id } = await addErasureOf(pool, "succeeded");
    const notes: ErasurePlace[][] = [[{ ...file, records: 5, values: 1 }], [{ ...file, records: 1, values: 7 }], []];
    for (const places of notes) {
      await recordPlaces(
        pool,
        places.map((place) => ({ erasureId: id, ...place })),
      );
    }
    expect(await readPlaces(pool, id)).toEqual([{ ...file, records: 5, values: 7 }]);
  });
});
