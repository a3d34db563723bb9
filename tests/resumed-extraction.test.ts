import { randomUUID } from "node:crypto";
import { cloneDatabase } from "@lethe/test-kit/test-database";
import { unfenced } from "@lethe/test-kit/unfenced";
import { claimFiles } from "@lethe/warehouse/ledger/claim-files";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { completeFiles, nextLineOfFile, recordBatch } from "@lethe/warehouse/ledger/record-batches";
import { createPool, inTransaction, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

let database: Awaited<ReturnType<typeof cloneDatabase>>;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 2, "lethe-record-batches");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function batch(runId: string, fileId: number, firstLine: number, lineCount: number, quarantineIds?: number[]) {
  const segment = {
    fileId,
    partition: { date: "2020-01-01", hour: 5 },
    encoding: "json" as const,
    firstOrdinal: 0,
    firstLine,
    lineCount,
    ...(quarantineIds !== undefined && { quarantineIds, lines: quarantineIds }),
  };
  const batch = { id: randomUUID(), runId, bytes: 1, stagedBytes: 1, segments: [segment] };
  await inTransaction(pool, (client) => recordBatch(unfenced(client), batch));
}

it("takes a replay's records for no part of their file's extraction, which goes on where it was", async () => {
  const runId = await openRun(pool, { job: "transactions", kind: "files", trigger: "api" });
  const file = { path: "date=2020-01-01/hour=05/transactions.json", partition: { date: "2020-01-01", hour: 5 } };
  const [claim] = await claimFiles(
    unfenced(pool),
    runId,
    "transactions",
    [
      {
        ...file,
        sha256: Buffer.alloc(32, 1),
        bytes: 1,
        delivery: Buffer.alloc(32, 1),
        format: "json",
        convertedFrom: null,
      },
    ],
    false,
  );
  const fileId = claim !== undefined && "fileId" in claim ? claim.fileId : 0;
  await batch(runId, fileId, 1, 100);
  await batch(runId, fileId, 101, 50);
  // Its records come from all over the file: a line and a number of records, and no range of lines.
  const replay = await openRun(pool, { job: "transactions", kind: "replay", trigger: "automatic" });
  await batch(replay, fileId, 90, 100, [1, 2, 3]);

  expect(await nextLineOfFile(pool, fileId)).toBe(151);
  await completeFiles(unfenced(pool), [fileId]);
  const { rows } = await pool.query("select batches_total as total from ledger.files where id = $1", [fileId]);
  expect(rows).toEqual([{ total: 2 }]);
});
