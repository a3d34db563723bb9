import { connect } from "@lethe/test-kit/connect";
import { cloneDatabase } from "@lethe/test-kit/test-database";
import { it as base, inject } from "vitest";
import { createPool } from "../src/pool.js";

/**
 * A test with a migrated database. The tests of a file share one, and each finds its tables empty.
 *
 * - `pool`: connections to it;
 * - `hasty`: connections that give up where they would have to wait for a lock of somebody else;
 * - `client`: a connection in a transaction, which is rolled back after the test.
 */
export const it = base
  .extend("template", { scope: "file" }, () => inject("template"))
  .extend("database", { scope: "file" }, async ({ template }, { onCleanup }) => {
    const database = await cloneDatabase(template);
    onCleanup(() => database.drop());
    return database;
  })
  .extend("connections", { scope: "file" }, ({ database }, { onCleanup }) => {
    const pool = createPool(database.url, 10, "lethe-ledger");
    onCleanup(() => pool.end());
    return pool;
  })
  .extend("pool", async ({ connections }) => {
    await connections.query(EMPTY);
    return connections;
  })
  .extend("hasty", ({ database }, { onCleanup }) => {
    const pool = createPool(`${database.url}?options=-c%20lock_timeout%3D100`, 2, "lethe-ledger-hasty");
    onCleanup(() => pool.end());
    return pool;
  })
  .extend("client", async ({ pool }, { onCleanup }) => {
    const client = await connect(pool);
    onCleanup(async () => {
      await client.query("rollback");
      client.release();
    });
    await client.query("begin");
    return client;
  });

/** What a statement of a hasty connection is refused with; of a transaction that has begun, as the cause. */
export const LOCKED = { code: "55P03" };

// What refers to others goes before them. To truncate the tables would take twenty times as long, as few as their rows are.
const EMPTY = [
  ...[
    "privacy.acts",
    "privacy.api_tokens",
    "ledger.rewritten_files",
    "ledger.webhook_progress",
    "ledger.webhook_outbox",
    "ledger.run_transitions",
  ],
  ...["privacy.suppression_log", "privacy.erasure_places", "privacy.proof_log", "privacy.checkpoints"],
  ...["privacy.suppressions"],
  ...["warehouse.purchases", "warehouse.delivery_addresses", "warehouse.transactions"],
  ...["warehouse.customers", "warehouse.customers_history", "warehouse.products", "warehouse.products_history"],
  ...[
    "warehouse.erasure_requests",
    "ledger.schema_changes",
    "ledger.record_warnings",
    "ledger.installation",
    "ledger.notices",
    "ledger.quarantine",
  ],
  ...["ledger.batch_segments", "ledger.batches", "ledger.files", "ledger.runs"],
  ...["ledger.processed_files", "ledger.schedules"],
  ...["ledger.late_partitions", "ledger.alerts", "ledger.check_results", "ledger.partition_stats"],
]
  .map((table) => `delete from ${table};`)
  .concat("update privacy.suppression_epoch set epoch = 0")
  .join("\n");
