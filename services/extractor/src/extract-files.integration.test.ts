import { createHash, randomBytes } from "node:crypto";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { deliveryHashes } from "@lethe/privacy/content-hash";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { openQueues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import { dataFolderOf } from "@lethe/test-kit/data-folder";
import { cloneDatabase } from "@lethe/test-kit/test-database";
import { takeExtraction } from "@lethe/warehouse/ledger/extraction-fence";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { readRunRequest } from "@lethe/warehouse/ledger/read-run-request";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { createPool } from "@lethe/warehouse/pool";
import { expect, inject, it, onTestFinished } from "vitest";
import { extractFiles } from "./extract-files.js";

const PATH = "date=2020-01-01/hour=05/customers.json";
const NAME = { dataset: "customers", partition: "date=2020-01-01/hour=05", name: "customers.json" };
const LINES = '{"id":"013000"}\n{"id":"013001"}\n';

async function openExtractor(batchBytes: number) {
  const database = await cloneDatabase(inject("template"));
  const pool = createPool(database.url, 4, "extractor-tests");
  const redis = connectRedis(inject("redisUrl"));
  const prefix = `extractor-${randomBytes(6).toString("hex")}`;
  const queues = openQueues(redis, prefix);
  const storage = openFolderStorage(await dataFolderOf({ [`landing/${PATH}`]: LINES }));
  onTestFinished(async () => {
    await queues.close();
    for await (const keys of redis.scanStream({ match: `${prefix}:*` })) if (keys.length > 0) await redis.del(keys);
    redis.disconnect();
    await pool.end();
    await database.drop();
  });
  return {
    pool,
    queues,
    storage,
    staging: openStaging(storage),
    datasets: createDatasets(),
    ring: parseKeyring("11".repeat(32)),
    inputOptions: new Map(),
    batchBytes,
    settleMs: 0,
    readyMarker: "none" as const,
    stagingBytes: 1024 ** 3,
    signal: new AbortController().signal,
    limits: {
      maxRecordBytes: 1024,
      maxColumns: 10,
      maxFileBytes: 1024,
      maxUnpackRatio: 10,
      maxFilesPerRun: 10,
    },
  };
}

it.each([
  ["small", 1024],
  ["large", 16],
])("names a %s file that another open run has, and leaves it where it is", async (_size, batchBytes) => {
  const context = await openExtractor(batchBytes);
  const other = await openRun(context.pool, { job: "customers", kind: "replay", trigger: "api" });
  await context.pool.query(
    `insert into ledger.files (dataset, run_id, path, partition_date, partition_hour, sha256, delivery, bytes, state)
     values ('customers', $1, $2, '2020-01-01', 5, $3, $3, 1, 'open')`,
    [other, PATH, deliveryHashes(context.ring, NAME, createHash("sha256").update(LINES).digest())[0]],
  );
  const runId = await openRun(context.pool, { job: "customers", kind: "files", trigger: "api" });
  const fence = await takeExtraction(context.pool, runId);
  if (fence === undefined) throw new Error("nothing to extract");
  const result = await extractFiles({ ...context, fence }, runId, await readRunRequest(context.pool, runId));
  expect(result).toEqual({ files: 0, batches: 0 });
  const { notices } = await readRun(context.pool, runId);
  expect(notices).toMatchObject([{ code: "file_busy", path: PATH }]);
  expect(await context.storage.size("landing", PATH)).toBe(LINES.length);
});
