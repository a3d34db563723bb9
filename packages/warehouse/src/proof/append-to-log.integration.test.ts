import { connect } from "@lethe/test-kit/connect";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { inTransaction } from "../pool.js";
import { appendToLog } from "./append-to-log.js";
import { checkLog } from "./check-log.js";
import { readLog } from "./read-log.js";

describe("appendToLog", () => {
  it("chains entries of all kinds, as the database gives them back", async ({ pool }) => {
    const body = {
      decision: "approve",
      request: 7,
      none: undefined,
      text: 'ü "\\ \u2028',
      nested: { b: [1.5, null], a: true },
    };
    const first = await inTransaction(pool, (client) => appendToLog(client, { kind: "decision", body }));
    const second = await inTransaction(pool, (client) => appendToLog(client, { kind: "restriction", body: {} }));
    expect(await readLog(pool)).toEqual([first, second]);
    expect(second).toMatchObject({ sequence: 2, previousHash: first.hash });
    expect(first.body).not.toHaveProperty("none");
    expect(checkLog([first, second], []).faults).toEqual([]);
  });

  it("leaves nothing of a transaction that is rolled back, and no gap", async ({ pool }) => {
    const failing = inTransaction(pool, async (client) => {
      await appendToLog(client, { kind: "decision", body: {} });
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    const entry = await inTransaction(pool, (client) => appendToLog(client, { kind: "decision", body: {} }));
    expect(entry.sequence).toBe(1);
  });

  it("shows in every column that is changed afterwards, the time's milliseconds included", async ({ pool }) => {
    for (const kind of ["decision", "restriction", "decision"] as const) {
      await inTransaction(pool, (client) => appendToLog(client, { kind, body: { kind } }));
    }
    const changes = [
      "sequence = 9",
      "kind = 'lifted'",
      "body = body || '{\"x\": 1}'",
      "created_at = created_at + interval '1 millisecond'",
      "previous_hash = repeat('a', 64)",
      "hash = repeat('b', 64)",
    ];
    for (const change of changes) {
      const client = await connect(pool);
      try {
        await client.query("begin");
        await client.query(`update privacy.proof_log set ${change} where sequence = 2`);
        expect(checkLog(await readLog(client), []).faults, change).not.toEqual([]);
        await client.query("rollback");
      } finally {
        client.release();
      }
    }
    expect(checkLog(await readLog(pool), []).faults).toEqual([]);
  });
});
