import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DatasetName } from "@lethe/contracts/datasets";
import { type BatchSummary, ofLoad, ofTransformation, type Segment, STAGED } from "@lethe/contracts/staged-batch";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { parseChecks } from "@lethe/quality/checks-file";
import { createLogger } from "@lethe/service-kit/logger";
import { openQueues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { writeJson } from "@lethe/storage/json-object";
import { type BatchRef, openStaging } from "@lethe/storage/staging";
import { readBatch } from "@lethe/warehouse/ledger/load-batch";
import { inject } from "vitest";
import { it as ledger } from "../../../packages/warehouse/test/ledger-database.js";
import { addBatch, addSegment, type Columns } from "../../../packages/warehouse/test/ledger-rows.js";
import type { LoaderContext } from "../src/context.js";

/**
 * A test of the loader, with a migrated database that is empty, queues, and a data folder of its own.
 *
 * - `context`: what the loader works with;
 * - `data`: the data folder;
 * - `log` and `logged`: a logger, and the lines that it has written.
 */
export const it = ledger
  .extend("redisUrl", { scope: "file" }, () => inject("redisUrl"))
  .extend("queues", { scope: "file" }, ({ redisUrl }, { onCleanup }) => {
    const redis = connectRedis(redisUrl);
    const prefix = `loader-${randomBytes(6).toString("hex")}`;
    const queues = openQueues(redis, prefix);
    onCleanup(async () => {
      await queues.close();
      for await (const keys of redis.scanStream({ match: `${prefix}:*` })) if (keys.length > 0) await redis.del(keys);
      redis.disconnect();
    });
    return queues;
  })
  .extend("folders", { scope: "file" }, () => join(tmpdir(), "lethe-loader-"))
  .extend("data", async ({ folders }, { onCleanup }) => {
    const data = await mkdtemp(folders);
    onCleanup(() => rm(data, { recursive: true }));
    return data;
  })
  .extend("context", ({ pool, queues, data }): LoaderContext => {
    const datasets = createDatasets();
    const storage = openFolderStorage(data);
    return {
      pool,
      queues,
      datasets,
      checks: parseChecks(undefined, datasets.checkedFields),
      lookedAtUpTo: new Map(),
      stagingBytes: 1024 ** 3,
      storage,
      staging: openStaging(storage),
      ring: parseKeyring("11".repeat(32)),
      policy: readPolicy({}, datasets.fields),
      maxUnpackRatio: 100,
      fullSearchBytes: 16 * 1024 * 1024,
    };
  })
  .extend("logged", ({ data }): string[] => [`the log of ${data}`])
  .extend("log", ({ logged }) =>
    createLogger("loader", "info", [], { write: (line: string) => void logged.push(line) }),
  );

/** Writes a file into the data folder; the path begins with the area's folder. */
export async function writeData(data: string, path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(data, path)), { recursive: true });
  await writeFile(join(data, path), content);
}

export function readData(data: string, path: string): Promise<Buffer> {
  return readFile(join(data, path));
}

/** Returns the name of the output that counts of a loaded batch. */
export async function outputOf({ pool }: LoaderContext, { batchId }: BatchRef): Promise<string> {
  return ofLoad((await readBatch(pool, batchId)).output);
}

/** Whose objects `stageTransformed` stages. */
export const TRANSFORMATION = "0123";

/** Records of one file that stand in a batch. */
export interface StagedRecords {
  readonly fileId: number;
  readonly records: readonly object[];
  readonly segment?: Partial<Segment>;
}

/** Stages records that fit their dataset as a transformer leaves them, in a batch of the run's; returns the batch. */
export async function stageTransformed(
  context: LoaderContext,
  runId: string,
  name: DatasetName,
  files: readonly StagedRecords[],
  { epoch = 0, columns = {} }: { readonly epoch?: number; readonly columns?: Columns } = {},
): Promise<BatchRef> {
  const batchId = await addBatch(context.pool, runId, { state: "transformed", staged_bytes: 1_000, ...columns });
  const batch = { runId, batchId };
  const dataset = context.datasets.get(name);
  const rows = dataset.stagingTables.map((): string[] => []);
  const sinks = rows.map((ofTable) => ({ append: (text: string) => void ofTable.push(text) }));
  const lines: string[] = [];
  const index: number[] = [];
  const processed: string[] = [];
  const segments: Segment[] = [];
  const summary: BatchSummary["segments"] = [];
  for (const [position, { fileId, records, segment }] of files.entries()) {
    const firstOrdinal = lines.length;
    let processedBytes = 0;
    for (const record of records) {
      const ordinal = lines.length;
      const line = (segment?.firstLine ?? 1) + ordinal - firstOrdinal;
      const place = { ordinal, fileId, line, partitionStart: "2020-01-01T05:00:00Z", masked: false };
      const accepted = dataset.accept(record, place, sinks, context.ring.current);
      if ("rejection" in accepted) throw new Error(`record ${ordinal} does not fit: ${accepted.rejection.message}`);
      lines.push(`${JSON.stringify(record)}\n`);
      const bytes = Buffer.byteLength(accepted.processed) + 1;
      processed.push(`${accepted.processed}\n`);
      index.push(ordinal, bytes);
      processedBytes += bytes;
    }
    const partition = { date: "2020-01-01", hour: 5 };
    segments.push({
      fileId,
      partition,
      encoding: "json",
      firstOrdinal,
      lineCount: records.length,
      firstLine: 1,
      ...segment,
    });
    summary.push({ records: records.length, rejected: 0, masked: 0, processedBytes });
    await addSegment(context.pool, batchId, fileId, { position, line_count: records.length });
  }
  const own = (object: string) => ofTransformation(TRANSFORMATION, object);
  const write = (object: string, content: string | Buffer) =>
    context.staging.write(batch, object, [Buffer.from(content)]);
  await write(STAGED.records, lines.join(""));
  await write(own(STAGED.processed), processed.join(""));
  await write(own(STAGED.processedIndex), Buffer.from(Uint32Array.from(index).buffer));
  await writeJson(context.staging, batch, STAGED.manifest, { segments, bytes: lines.join("").length });
  await writeJson(context.staging, batch, own(STAGED.masked), { always: {}, byReason: {} });
  const tables: BatchSummary["tables"] = [];
  for (const [i, { name: table }] of dataset.stagingTables.entries()) {
    tables.push({ table, bytes: await write(own(STAGED.table(table)), (rows[i] ?? []).join("")) });
  }
  const rest = { rejectBytes: 0, rejectedByReason: {}, joined: 0, newQuestions: 0, schemaChanges: [], warnings: [] };
  const whole: BatchSummary = {
    transformation: TRANSFORMATION,
    suppressionEpoch: epoch,
    policyVersion: "1",
    tables,
    segments: summary,
    ...rest,
  };
  await writeJson(context.staging, batch, STAGED.summary, whole);
  return batch;
}
