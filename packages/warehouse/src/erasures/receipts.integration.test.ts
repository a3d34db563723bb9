import { randomUUID } from "node:crypto";
import type { ReceiptBody } from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addErasure, addFile, addRun, readRow } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import { checkLog } from "../proof/check-log.js";
import { readLog } from "../proof/read-log.js";
import {
  completeErasure,
  erasuresWithoutReceipt,
  readReceipt,
  readReceiptNumbers,
  receiptsWithoutErasure,
} from "./receipts.js";

const AT = "2020-01-01T05:00:00.000Z";

async function addErasures(pool: Pool, count: number): Promise<string[]> {
  const runId = await addRun(pool, { job: "erasure-requests" });
  const fileId = await addFile(pool, runId);
  const ids: string[] = [];
  for (let i = 0; i < count; i++) ids.push(await addErasure(pool, runId, fileId));
  return ids;
}

function bodyOf(erasureId: string): ReceiptBody {
  return {
    ...{
      erasureId,
      pseudonym: "p1",
      keyId: "key-1",
      policyVersion: "1",
      outcome: "pseudonymise" as const,
      found: true,
    },
    ...{ requestedAt: AT, receivedAt: AT, suppressedAt: AT, completedAt: AT, vacuumedAt: AT },
    places: [{ place: "warehouse.customers", name: "", records: 1, values: 9 }],
    scan: { tables: 5, records: 0, files: 3, bytes: 900, findings: 0 },
  };
}

describe("completeErasure", () => {
  it("completes the erasure with a receipt that names the entry before it", async ({ pool }) => {
    const [one = "", two = ""] = await addErasures(pool, 2);
    const first = await completeErasure(pool, bodyOf(one));
    const second = await completeErasure(pool, bodyOf(two));
    expect(first).toMatchObject({ sequence: 1, kind: "receipt", previousHash: "0".repeat(64), body: bodyOf(one) });
    expect(second).toMatchObject({ sequence: 2, previousHash: first.hash });
    const completed = { state: "completed", completed_at: new Date(AT) };
    expect(await readRow(pool, "warehouse.erasure_requests", one)).toMatchObject(completed);
    const { kind: _kind, ...receipt } = first;
    expect(await readReceipt(pool, one)).toEqual({ ...receipt, checkpoint: null, links: [], reapplied: [] });
    expect(await readLog(pool)).toEqual([first, second]);
  });

  it("writes one receipt for an erasure: a second one leaves everything as it was", async ({ pool }) => {
    const [one = ""] = await addErasures(pool, 1);
    const receipt = await completeErasure(pool, bodyOf(one));
    await expect(completeErasure(pool, { ...bodyOf(one), found: false })).rejects.toMatchObject({ code: "23505" });
    expect(await readLog(pool)).toEqual([receipt]);
  });

  it("completes nothing of an erasure that is not there", async ({ pool }) => {
    await expect(completeErasure(pool, bodyOf(randomUUID()))).rejects.toThrow(NotFoundError);
    expect(await readLog(pool)).toEqual([]);
  });

  it("makes one chain of many that are completed at once", async ({ pool }) => {
    const ids = await addErasures(pool, 8);
    await Promise.all(ids.map((id) => completeErasure(pool, bodyOf(id))));
    const log = await readLog(pool);
    expect(log.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(checkLog(log, []).faults).toEqual([]);
  });
});

describe("readReceipt", () => {
  it("knows no receipt of an erasure that is not completed", async ({ pool }) => {
    const [one = ""] = await addErasures(pool, 1);
    await expect(readReceipt(pool, one)).rejects.toThrow(NotFoundError);
  });
});

describe("readReceiptNumbers", () => {
  it("returns the numbers of the erasures that have one", async ({ pool }) => {
    const [one = "", two = "", three = ""] = await addErasures(pool, 3);
    for (const id of [two, one]) await completeErasure(pool, bodyOf(id));
    expect(await readReceiptNumbers(pool, [one, three])).toEqual(new Map([[one, 2]]));
    expect(await readReceiptNumbers(pool, [])).toEqual(new Map());
  });
});

describe("erasuresWithoutReceipt and receiptsWithoutErasure", () => {
  it("name completed erasures whose receipt was taken away, and none that is still open", async ({ pool }) => {
    const [one = "", two = ""] = await addErasures(pool, 3);
    for (const id of [one, two]) await completeErasure(pool, bodyOf(id));
    expect(await erasuresWithoutReceipt(pool)).toEqual([]);
    await pool.query("delete from privacy.proof_log where sequence = 2");
    expect(await erasuresWithoutReceipt(pool)).toEqual([two]);
  });

  it("name receipts whose request was taken away", async ({ pool }) => {
    const [one = "", two = ""] = await addErasures(pool, 2);
    for (const id of [one, two]) await completeErasure(pool, bodyOf(id));
    expect(await receiptsWithoutErasure(pool)).toEqual([]);
    await pool.query("delete from warehouse.erasure_requests where id = $1", [one]);
    expect(await receiptsWithoutErasure(pool)).toEqual([one]);
  });
});
