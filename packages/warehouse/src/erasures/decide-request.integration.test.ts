import { NotFoundError, RunStateError } from "@lethe/contracts/errors";
import { REJECT_REASONS } from "@lethe/contracts/reject-reasons";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { addFile, addQuarantined, addRun, readRow, readRows } from "../../test/ledger-rows.js";
import type { Pool } from "../pool.js";
import * as decisions from "./decide-request.js";

const REQUEST = { dataset: "erasure-requests", reason: "identity_mismatch", payload: '{"customer-id":"c1"}' };

const REQUESTS = { name: "erasure-requests", maskedRecord: { "customer-id": null, email: null } };
const approveRequest = (pool: Pool, id: number) =>
  decisions.approveRequest(pool, REQUESTS.name, id, { by: "desk", fourEyes: false });
const rejectRequest = (pool: Pool, id: number) => decisions.rejectRequest(pool, REQUESTS, id, { by: "desk" });

/** Puts an erasure request into quarantine whose email is not the customer's; returns its id. */
async function addRequest(pool: Pool, columns = {}): Promise<number> {
  const runId = await addRun(pool, { job: "erasure-requests", state: "succeeded" });
  const fileId = await addFile(pool, runId, { dataset: "erasure-requests", state: "done" });
  const subject = { subject_customer_id: "c1", subject_email: "a@example.org" };
  return addQuarantined(pool, runId, fileId, { ...REQUEST, ...subject, ...columns });
}

describe.for([
  ["approveRequest", approveRequest],
  ["rejectRequest", rejectRequest],
] as const)("%s", ([_name, decide]) => {
  it.for(["replayed", "discarded"])("refuses a request that is %s", async (status, { pool }) => {
    const id = await addRequest(pool, { status });
    await expect(decide(pool, id)).rejects.toThrow(new RunStateError(`request ${id} is ${status}`));
    const unchanged = { status, approved_at: null, payload: REQUEST.payload };
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject(unchanged);
  });

  it.for([
    ["repeats another", { reason: "duplicate" }],
    ["is of another dataset", { dataset: "customers" }],
  ] as const)("knows no request where a record %s", async ([_fault, columns], { pool }) => {
    const id = await addRequest(pool, columns);
    await expect(decide(pool, id)).rejects.toThrow(NotFoundError);
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ status: "open", approved_at: null });
    await expect(decide(pool, 999_999_999)).rejects.toThrow(NotFoundError);
  });

  it("waits for a replay that is at the request", async ({ pool, client, hasty }) => {
    const id = await addRequest(pool);
    await client.query("select from ledger.quarantine where id = $1 for update", [id]);
    await expect(decide(hasty, id)).rejects.toMatchObject({ cause: LOCKED });
  });
});

describe("approveRequest", () => {
  it.for(["schema", "unreadable"])("knows no request that is rejected as %s", async (reason, { pool }) => {
    const id = await addRequest(pool, { reason });
    await expect(approveRequest(pool, id)).rejects.toThrow(NotFoundError);
  });

  it("refuses a request that was masked", async ({ pool }) => {
    const id = await addRequest(pool, { status: "erased" });
    await expect(approveRequest(pool, id)).rejects.toThrow(new RunStateError(`request ${id} is erased`));
  });

  it("notes once that a person wants it done, and leaves the request open for the replay", async ({ pool }) => {
    const id = await addRequest(pool);
    await approveRequest(pool, id);
    const approved = await readRow(pool, "ledger.quarantine", id);
    expect(approved).toMatchObject({ status: "open", approved_at: expect.any(Date), payload: REQUEST.payload });
    await approveRequest(pool, id);
    expect(await readRow(pool, "ledger.quarantine", id)).toEqual(approved);
  });
});

describe("approveRequest with four eyes", () => {
  const approve = (pool: Pool, id: number, by: string) =>
    decisions.approveRequest(pool, REQUESTS.name, id, { by, fourEyes: true });

  it("takes effect with the second approval, by another name", async ({ pool }) => {
    const id = await addRequest(pool);
    expect(await approve(pool, id, "first")).toBe(false);
    expect(await approve(pool, id, "first")).toBe(false);
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ approved_at: null });
    expect(await approve(pool, id, "second")).toBe(true);
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ approved_at: expect.any(Date) });
    const acts = await readRows(pool, "privacy.acts", "id", "act", "acted_by", "quarantine_id");
    expect(acts.map(({ act, acted_by, quarantine_id }) => [act, acted_by, quarantine_id])).toEqual([
      ["approved", "first", id],
      ["approved", "first", id],
      ["approved", "second", id],
    ]);
  });

  it("counts no approval of another request, and no other decision", async ({ pool }) => {
    const [id, other] = [await addRequest(pool), await addRequest(pool)];
    await approve(pool, other, "first");
    await rejectRequest(pool, other);
    expect(await approve(pool, id, "second")).toBe(false);
  });

  it("takes effect once when two approve at once", async ({ pool }) => {
    const id = await addRequest(pool);
    const results = await Promise.all([approve(pool, id, "first"), approve(pool, id, "second")]);
    expect(results.sort()).toEqual([false, true]);
  });
});

describe("rejectRequest", () => {
  it.for(["schema", "unreadable"])("refuses one that is rejected as %s, for that reason", async (reason, { pool }) => {
    const id = await addRequest(pool, { reason });
    await rejectRequest(pool, id);
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ status: "discarded" });
    const [act] = await readRows(pool, "privacy.acts", "reason");
    expect(act?.reason).toBe(REJECT_REASONS[reason as keyof typeof REJECT_REASONS]);
  });

  it("closes one that an erasure has masked, once, and leaves it erased", async ({ pool }) => {
    const id = await addRequest(pool, { status: "erased", payload: "[erased]" });
    await rejectRequest(pool, id);
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ status: "erased", payload: "[erased]" });
    await expect(rejectRequest(pool, id)).rejects.toThrow(RunStateError);
  });

  it("leaves a file that is unreadable as a whole without a payload", async ({ pool }) => {
    const id = await addRequest(pool, { reason: "unreadable", payload: null, line: null });
    await rejectRequest(pool, id);
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ status: "discarded", payload: null });
  });

  it("records who turned it down", async ({ pool }) => {
    const id = await addRequest(pool);
    await rejectRequest(pool, id);
    expect(await readRows(pool, "privacy.acts", "act", "acted_by", "quarantine_id")).toEqual([
      { act: "rejected", acted_by: "desk", quarantine_id: id },
    ]);
  });

  it("masks what the request held, and keeps whom it named", async ({ pool }) => {
    const id = await addRequest(pool, { payload: "AP8=", payload_encoding: "base64" });
    await rejectRequest(pool, id);
    const row = await readRow(pool, "ledger.quarantine", id);
    const subject = { subject_customer_id: "c1", subject_email: "a@example.org" };
    expect(row).toMatchObject({
      status: "discarded",
      resolved_at: expect.any(Date),
      payload_encoding: "utf8",
      ...subject,
    });
    expect(JSON.parse(String(row.payload))).toEqual(REQUESTS.maskedRecord);
  });

  it("refuses a request that was approved before", async ({ pool }) => {
    const id = await addRequest(pool);
    await approveRequest(pool, id);
    await expect(rejectRequest(pool, id)).rejects.toThrow(new RunStateError(`request ${id} was approved before`));
    expect(await readRow(pool, "ledger.quarantine", id)).toMatchObject({ status: "open", payload: REQUEST.payload });
  });

  it("or an approval comes first when two people decide at once, never both", async ({ pool }) => {
    const id = await addRequest(pool);
    const results = await Promise.allSettled([approveRequest(pool, id), rejectRequest(pool, id)]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const { status, approved_at } = await readRow(pool, "ledger.quarantine", id);
    expect(status === "discarded").toBe(approved_at === null);
  });
});
