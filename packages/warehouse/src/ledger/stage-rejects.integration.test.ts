import { Readable } from "node:stream";
import { QUARANTINE_ROW_COLUMNS } from "@lethe/contracts/quarantine-row";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addQuarantined, addRun, readRow, readRows } from "../../test/ledger-rows.js";
import type { Client } from "../pool.js";
import { createRejectStage, quarantineRejects, resolveReplayed, stageRejects } from "./stage-rejects.js";

const NAMES = Object.values(QUARANTINE_ROW_COLUMNS).map(([name]) => name);

/** Stages rejects, each given by its values by column; what is missing is null. */
async function stage(client: Client, ...rejects: readonly Readonly<Record<string, unknown>>[]): Promise<number> {
  await createRejectStage(client);
  const rows = rejects.map((reject) => `${NAMES.map((name) => reject[name] ?? "\\N").join("\t")}\n`);
  return stageRejects(client, Readable.from(rows.map((row) => Buffer.from(row))));
}

describe("quarantineRejects", () => {
  it("puts what was staged into quarantine, column by column", async ({ pool, client }) => {
    const runId = await addRun(pool);
    const reject = {
      ...{ dataset: "customers", reason: "unknown_sku", run_id: runId, file_id: await addFile(pool, runId) },
      ...{
        batch_id: await addBatch(pool, runId),
        line: 7,
        pointer: "/sku",
        message: "No such sku.",
        missing_key: "12",
      },
      ...{ payload: "AP8=", payload_encoding: "base64", subject_customer_id: "c1", subject_email: "a@example.org" },
    };
    const bare = {
      ...reject,
      line: 8,
      pointer: null,
      missing_key: null,
      subject_customer_id: null,
      subject_email: null,
    };
    expect(await stage(client, reject, bare)).toBe(2);
    await quarantineRejects(client);
    await client.query("commit");
    const rows = await readRows(
      pool,
      "ledger.quarantine",
      "line",
      "status",
      ...Object.keys(reject).filter((name) => name !== "line"),
    );
    expect(rows).toEqual([
      { ...reject, status: "open" },
      { ...bare, status: "open" },
    ]);
  });

  it("finds the table of the last transaction empty", async ({ pool, client }) => {
    const runId = await addRun(pool);
    const ids = { run_id: runId, file_id: await addFile(pool, runId), batch_id: await addBatch(pool, runId) };
    const reject = {
      dataset: "customers",
      reason: "schema",
      message: "m",
      payload: "{}",
      payload_encoding: "utf8",
      line: 1,
      ...ids,
    };
    await stage(client, reject);
    await client.query("commit; begin");
    await createRejectStage(client);
    await quarantineRejects(client);
    expect(await readRows(client, "ledger.quarantine", "id")).toEqual([]);
  });
});

describe("resolveReplayed", () => {
  it("resolves what was loaded; what was rejected again stays open with the newest reason", async ({
    pool,
    client,
  }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    const waiting = { reason: "unknown_sku", missing_key: "12", payload: "old" };
    const [loaded, again, elsewhere] = [
      await addQuarantined(pool, runId, fileId, waiting),
      await addQuarantined(pool, runId, fileId, waiting),
      await addQuarantined(pool, runId, fileId, waiting),
    ];
    const newest = { reason: "total_mismatch", message: "The sum differs.", payload: "new", payload_encoding: "utf8" };
    await stage(client, { ...newest, pointer: "/total", subject_customer_id: "c1", quarantine_id: again });
    await resolveReplayed(client, [loaded, again]);
    await client.query("commit");
    const resolved = { status: "replayed", resolved_at: expect.any(Date), reason: "unknown_sku", payload: "old" };
    const open = { status: "open", resolved_at: null, missing_key: null, pointer: "/total", subject_customer_id: "c1" };
    expect(await readRow(pool, "ledger.quarantine", loaded)).toMatchObject(resolved);
    expect(await readRow(pool, "ledger.quarantine", again)).toMatchObject({ ...newest, ...open });
    expect(await readRow(pool, "ledger.quarantine", elsewhere)).toMatchObject({ ...waiting, status: "open" });
  });

  it.for(["replayed", "discarded", "erased"])(
    "leaves a record as it is that is %s",
    async (status, { pool, client }) => {
      const runId = await addRun(pool);
      const fileId = await addFile(pool, runId);
      const [one, two] = [
        await addQuarantined(pool, runId, fileId, { status }),
        await addQuarantined(pool, runId, fileId, { status }),
      ];
      await stage(client, {
        reason: "total_mismatch",
        message: "m",
        payload: "new",
        payload_encoding: "utf8",
        quarantine_id: one,
      });
      await resolveReplayed(client, [one, two]);
      for (const id of [one, two]) {
        expect(await readRow(client, "ledger.quarantine", id)).toMatchObject({
          status,
          payload: "{}",
          resolved_at: null,
        });
      }
    },
  );
});
