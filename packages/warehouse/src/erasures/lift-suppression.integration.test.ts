import { randomUUID } from "node:crypto";
import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addErasure, addFile, addRun, addSuppression, readRow, readRows } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { readSuppressions } from "../suppressions.js";
import { liftSuppression } from "./lift-suppression.js";

const NOTE = "Consent of 2020-02-01, case 4711.";

/** Adds a person who was erased, with an erasure in this state. */
async function addErased(pool: Pool, state: string) {
  const runId = await addRun(pool, { job: "erasure-requests", state: "succeeded" });
  const subjectId = await addSuppression(pool);
  const id = await addErasure(pool, runId, await addFile(pool, runId), { state, subject_id: subjectId });
  return { id, subjectId };
}

describe("liftSuppression", () => {
  it("takes this person off the list, raises the epoch, and logs the ground", async ({ pool }) => {
    const { id } = await addErased(pool, "completed");
    const other = await addErased(pool, "completed");
    await liftSuppression(pool, id, NOTE, "officer");
    const { epoch, identifiers } = await readSuppressions(pool);
    expect(epoch).toBe(1);
    expect(identifiers.map(({ subjectId }) => subjectId)).toEqual([other.subjectId]);
    expect(await readRow(pool, "warehouse.erasure_requests", id)).toMatchObject({ state: "lifted" });
    expect(await readRow(pool, "warehouse.erasure_requests", other.id)).toMatchObject({ state: "completed" });
    const log = await readRows(pool, "privacy.suppression_log", "erasure_id", "act", "note");
    expect(log).toEqual([{ erasure_id: id, act: "lifted", note: NOTE }]);
    const acts = await readRows(pool, "privacy.acts", "act", "acted_by", "erasure_id", "reason");
    expect(acts).toEqual([{ act: "lifted", acted_by: "officer", erasure_id: id, reason: NOTE }]);
  });

  it.for(["suppressed", "lifted"])("refuses an erasure that is %s, and changes nothing", async (state, { pool }) => {
    const { id, subjectId } = await addErased(pool, state);
    const message = `erasure ${id} is ${state}; only a completed one can be lifted`;
    await expect(liftSuppression(pool, id, NOTE, "officer")).rejects.toThrow(new RunStateError(message));
    const { epoch, identifiers } = await readSuppressions(pool);
    expect([epoch, identifiers.map((identifier) => identifier.subjectId)]).toEqual([0, [subjectId]]);
    expect(await readRows(pool, "privacy.suppression_log", "id")).toEqual([]);
  });

  it("knows no erasure of another id", async ({ pool }) => {
    await expect(liftSuppression(pool, randomUUID(), NOTE, "officer")).rejects.toThrow(NotFoundError);
  });

  it("is done once when two ask at once", async ({ pool }) => {
    const { id } = await addErased(pool, "completed");
    const results = await Promise.allSettled([
      liftSuppression(pool, id, NOTE, "officer"),
      liftSuppression(pool, id, NOTE, "officer"),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await readRows(pool, "privacy.suppression_log", "note")).toEqual([{ note: NOTE }]);
    expect((await readSuppressions(pool)).epoch).toBe(1);
  });

  it("leaves a later request of the person in force", async ({ pool }) => {
    const { id } = await addErased(pool, "completed");
    await liftSuppression(pool, id, NOTE, "officer");
    const again = await addErased(pool, "suppressed");
    await expect(liftSuppression(pool, id, NOTE, "officer")).rejects.toThrow(RunStateError);
    expect((await readSuppressions(pool)).identifiers).toHaveLength(1);
    expect(await readRow(pool, "warehouse.erasure_requests", again.id)).toMatchObject({ state: "suppressed" });
  });
});
