import { StaleSuppressionError } from "@lethe/contracts/errors";
import { connect } from "@lethe/test-kit/connect";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../test/ledger-database.js";
import { addSuppression } from "../test/ledger-rows.js";
import {
  readSuppressionEpoch,
  readSuppressions,
  readSuppressionsByKey,
  requireSuppressionEpoch,
} from "./suppressions.js";

const RAISE = "update privacy.suppression_epoch set epoch = epoch + 1";

describe("readSuppressions", () => {
  it("returns the people on the list with its epoch, without those who were lifted", async ({ pool }) => {
    expect(await readSuppressions(pool)).toEqual({ epoch: 0, identifiers: [] });
    const subjectId = await addSuppression(pool, { key: Buffer.alloc(32, 1), key_id: "key-2" });
    await addSuppression(pool, { lifted_at: new Date() });
    await pool.query(RAISE);
    const identifier = { subjectId, act: "erase", kind: "customer-id", hash: "01".repeat(32), keyId: "key-2" };
    expect(await readSuppressions(pool)).toEqual({
      epoch: 1,
      identifiers: [{ ...identifier, outcome: "pseudonymise" }],
    });
    expect(await readSuppressionEpoch(pool)).toBe(1);
  });

  it("says the epoch also where all of the list were lifted", async ({ pool }) => {
    await addSuppression(pool, { lifted_at: new Date() });
    await pool.query(RAISE);
    expect(await readSuppressions(pool)).toEqual({ epoch: 1, identifiers: [] });
  });
});

describe("readSuppressionsByKey", () => {
  it("counts the people on the list by key, without those who were lifted", async ({ pool }) => {
    expect(await readSuppressionsByKey(pool)).toEqual(new Map());
    for (const key_id of ["key-2", "key-1", "key-2"]) await addSuppression(pool, { key_id });
    await addSuppression(pool, { lifted_at: new Date() });
    expect([...(await readSuppressionsByKey(pool))]).toEqual([
      ["key-1", { suppressions: 1, since: expect.any(String) }],
      ["key-2", { suppressions: 2, since: expect.any(String) }],
    ]);
  });
});

describe("requireSuppressionEpoch", () => {
  it("holds the list still until the transaction ends; loads do not wait for each other", async ({ client, hasty }) => {
    await requireSuppressionEpoch(client, 0);
    await expect(hasty.query(RAISE)).rejects.toMatchObject(LOCKED);
    await hasty.query("select epoch from privacy.suppression_epoch for share");
    await client.query("commit");
    await hasty.query(RAISE);
  });

  it.for([-1, 1])(
    "refuses what was masked under a list that is %i changes from this one",
    async (change, { client }) => {
      await client.query("update privacy.suppression_epoch set epoch = 5");
      await expect(requireSuppressionEpoch(client, 5 + change)).rejects.toThrow(StaleSuppressionError);
      await requireSuppressionEpoch(client, 5);
    },
  );

  it("waits for whoever changes the list, and then refuses", async ({ pool, client, hasty }) => {
    await client.query(RAISE);
    const other = await connect(pool);
    try {
      await other.query("begin");
      const hurried = hasty.query("select epoch from privacy.suppression_epoch for share");
      await expect(hurried).rejects.toMatchObject(LOCKED);
      const waiting = expect(requireSuppressionEpoch(other, 0)).rejects.toThrow(StaleSuppressionError);
      await client.query("commit");
      await waiting;
    } finally {
      await other.query("rollback");
      other.release();
    }
  });
});
