import { inTransaction } from "@lethe/warehouse/pool";
import { describe, expect } from "vitest";
import { addFile, addQuarantined, addRun, readRow, readRows } from "../../../packages/warehouse/test/ledger-rows.js";
import { it } from "../test/loader-fixture.js";
import { addCustomerAndProduct } from "../test/sales.js";
import type { LoaderContext } from "./context.js";
import { openReplays } from "./open-replays.js";

const open = (context: LoaderContext) => inTransaction(context.pool, (client) => openReplays(client, context.datasets));

/** Adds a sale that waits for a customer who is not there yet. */
async function addWaiting({ pool }: LoaderContext) {
  const runId = await addRun(pool, { job: "transactions", state: "succeeded" });
  const fileId = await addFile(pool, runId, { dataset: "transactions", state: "done" });
  const waiting = { dataset: "transactions", reason: "unknown_customer", missing_key: "013000" };
  return { fileId, id: await addQuarantined(pool, runId, fileId, waiting) };
}

describe("openReplays", () => {
  it("opens a replay once what a record waits for has arrived, and one at a time", async ({ context, pool }) => {
    const { fileId } = await addWaiting(context);
    expect(await open(context)).toEqual([]);
    await addCustomerAndProduct(pool, fileId);
    const [replay] = await open(context);
    const opened = { job: "transactions", kind: "replay", trigger: "automatic", state: "queued", replay_filter: null };
    expect(await readRow(pool, "ledger.runs", String(replay))).toMatchObject(opened);
    expect(await open(context)).toEqual([]);
    await pool.query("update ledger.runs set state = 'failed' where id = $1", [replay]);
    expect(await open(context)).toHaveLength(1);
  });

  it("opens none for what is resolved", async ({ context, pool }) => {
    const { fileId, id } = await addWaiting(context);
    await addCustomerAndProduct(pool, fileId);
    await pool.query("update ledger.quarantine set status = 'replayed' where id = $1", [id]);
    expect(await open(context)).toEqual([]);
  });

  it("opens none that others see before the run is closed with it", async ({ context, pool, client }) => {
    const { fileId } = await addWaiting(context);
    await addCustomerAndProduct(pool, fileId);
    expect(await openReplays(client, context.datasets)).toHaveLength(1);
    expect(await readRows(pool, "ledger.runs", "kind")).toEqual([{ kind: "files" }]);
    await client.query("rollback");
    expect(await open(context)).toHaveLength(1);
  });
});
