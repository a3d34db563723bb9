import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { StagedObjectError } from "@lethe/contracts/errors";
import { STAGED } from "@lethe/contracts/staged-batch";
import { lockPublication } from "@lethe/warehouse/ledger/finish-files";
import { describe, expect } from "vitest";
import {
  addBatch,
  addFile,
  addRun,
  addSegment,
  readRow,
  readRows,
} from "../../../packages/warehouse/test/ledger-rows.js";
import { it, readData, writeData } from "../test/loader-fixture.js";
import type { LoaderContext } from "./context.js";
import { freeStaging } from "./free-staging.js";
import { publishRun } from "./publish-run.js";

const NEVER = new AbortController().signal;
const HOUR_5 = "processed_data/date=2020-01-01/hour=05/customers.json.gz";
const HOUR_6 = "processed_data/date=2020-01-01/hour=06/customers.json.gz";
const WAIT = { whenBusy: "wait", signal: NEVER } as const;

/** Adds a loaded batch with output of these lines, each of an hour's file of its own; returns its id. */
async function addLoaded(
  context: LoaderContext,
  runId: string,
  lines: Readonly<Record<number, string>>,
): Promise<string> {
  const members = Object.entries(lines).map(([hour, line]) => ({ hour: Number(hour), member: gzipSync(`${line}\n`) }));
  const bytes = members.reduce((sum, { member }) => sum + member.length, 0);
  const batchId = await addBatch(context.pool, runId, { state: "loaded", staged_bytes: bytes });
  let offset = 0;
  for (const [position, { hour, member }] of members.entries()) {
    const fileId = await addFile(context.pool, runId, { partition_hour: hour });
    const output = { published_offset: offset, published_bytes: member.length };
    await addSegment(context.pool, batchId, fileId, { position, ...output });
    offset += member.length;
  }
  await context.staging.write(
    { runId, batchId },
    STAGED.published,
    members.map(({ member }) => member),
  );
  return batchId;
}

async function linesIn(data: string, path: string): Promise<string[]> {
  return gunzipSync(await readData(data, path))
    .toString()
    .trim()
    .split("\n");
}

describe("publishRun", () => {
  it("adds what was loaded to each hour's file, and leaves nothing of it in staging", async ({
    context,
    pool,
    data,
    log,
  }) => {
    const runId = await addRun(pool);
    const batchId = await addLoaded(context, runId, { 5: "one", 6: "two" });
    await publishRun(context, runId, "customers", log, WAIT);
    const later = await addLoaded(context, runId, { 5: "three" });
    await publishRun(context, runId, "customers", log, WAIT);
    expect(await linesIn(data, HOUR_5)).toEqual(["one", "three"]);
    expect(await linesIn(data, HOUR_6)).toEqual(["two"]);
    const lengths = await readRows(pool, "ledger.processed_files", "partition_hour", "bytes");
    expect(lengths).toEqual([
      { partition_hour: 5, bytes: (await readData(data, HOUR_5)).length },
      { partition_hour: 6, bytes: (await readData(data, HOUR_6)).length },
    ]);
    for (const id of [batchId, later]) {
      expect(await readRow(pool, "ledger.batches", id)).toMatchObject({ staged_bytes: 0 });
      await expect(context.staging.read({ runId, batchId: id }, STAGED.published)).rejects.toThrow(StagedObjectError);
    }
  });

  it("adds nothing twice when it is asked again", async ({ context, pool, data, log }) => {
    const runId = await addRun(pool);
    await addLoaded(context, runId, { 5: "one" });
    for (let i = 0; i < 2; i++) await publishRun(context, runId, "customers", log, WAIT);
    expect(await linesIn(data, HOUR_5)).toEqual(["one"]);
  });

  it("overwrites what an interrupted publication left behind the length that was committed", async ({
    context,
    pool,
    data,
    log,
  }) => {
    const runId = await addRun(pool);
    await addLoaded(context, runId, { 5: "one" });
    await publishRun(context, runId, "customers", log, WAIT);
    const committed = await readData(data, HOUR_5);
    await addLoaded(context, runId, { 5: "two" });
    // The file is in place, and the commit that says so never came.
    await writeData(data, HOUR_5, Buffer.concat([committed, gzipSync("two\n"), gzipSync("never committed\n")]));
    await writeData(data, `${HOUR_5}.tmp`, "the rest of an attempt");
    await publishRun(context, runId, "customers", log, WAIT);
    expect(await linesIn(data, HOUR_5)).toEqual(["one", "two"]);
    expect(await readdir(join(data, HOUR_5, ".."))).toEqual(["customers.json.gz"]);
  });

  it("takes no file over that it never committed a byte of", async ({ context, pool, data, log }) => {
    const runId = await addRun(pool);
    await addLoaded(context, runId, { 5: "one" });
    await writeData(data, HOUR_5, gzipSync("never committed\n"));
    await publishRun(context, runId, "customers", log, WAIT);
    expect(await linesIn(data, HOUR_5)).toEqual(["one"]);
  });

  it.for(["wait", "leave"] as const)(
    "has one of two publishers add each part: both %s",
    async (whenBusy, { context, pool, data, log }) => {
      const runId = await addRun(pool);
      for (const line of ["one", "two", "three"]) await addLoaded(context, runId, { 5: line, 6: line });
      const publish = () => publishRun(context, runId, "customers", log, { whenBusy, signal: NEVER });
      await Promise.all([publish(), publish()]);
      await publishRun(context, runId, "customers", log, WAIT);
      for (const path of [HOUR_5, HOUR_6]) expect((await linesIn(data, path)).sort()).toEqual(["one", "three", "two"]);
    },
  );

  it("leaves it to whoever publishes already, where it is told to", async ({ context, pool, client, data, log }) => {
    const runId = await addRun(pool);
    await addLoaded(context, runId, { 5: "one" });
    await lockPublication(client, "customers");
    await publishRun(context, runId, "customers", log, { whenBusy: "leave", signal: NEVER });
    await expect(readData(data, HOUR_5)).rejects.toMatchObject({ code: "ENOENT" });
    await client.query("rollback");
    await publishRun(context, runId, "customers", log, { whenBusy: "leave", signal: NEVER });
    expect(await linesIn(data, HOUR_5)).toEqual(["one"]);
  });

  it("publishes complete partitions while nothing of the run can be loaded", async ({ context, pool, data, log }) => {
    const runId = await addRun(pool);
    await pool.query("update ledger.runs set extracted_at = now() where id = $1", [runId]);
    await addLoaded(context, runId, { 5: "one", 6: "two" });
    await pool.query(
      `update ledger.files set batches_total = 2, batches_loaded = case partition_hour when 5 then 2 else 1 end`,
    );
    const free = (isIdle: boolean) =>
      freeStaging(context, { runId, dataset: "customers", kind: "files" }, [], isIdle, log, NEVER);
    await free(false);
    await expect(readData(data, HOUR_5)).rejects.toMatchObject({ code: "ENOENT" });
    await free(true);
    expect(await linesIn(data, HOUR_5)).toEqual(["one"]);
    await expect(readData(data, HOUR_6)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("goes on behind what is left of a file that somebody has shortened, and warns", async ({
    context,
    pool,
    data,
    log,
    logged,
  }) => {
    const runId = await addRun(pool);
    await addLoaded(context, runId, { 5: "one" });
    await publishRun(context, runId, "customers", log, WAIT);
    await writeData(data, HOUR_5, "");
    await addLoaded(context, runId, { 5: "two" });
    await publishRun(context, runId, "customers", log, WAIT);
    expect(await linesIn(data, HOUR_5)).toEqual(["two"]);
    expect(logged.join("")).toContain("shortened from outside");
    const { length } = await readData(data, HOUR_5);
    expect(await readRows(pool, "ledger.processed_files", "bytes")).toEqual([{ bytes: length }]);
  });

  it("commits nothing when the output of a batch is damaged", async ({ context, pool, log }) => {
    const runId = await addRun(pool);
    await addLoaded(context, runId, { 5: "one" });
    const batchId = await addLoaded(context, runId, { 6: "two" });
    await context.staging.write({ runId, batchId }, STAGED.published, [Buffer.from("short")]);
    await expect(publishRun(context, runId, "customers", log, WAIT)).rejects.toThrow(StagedObjectError);
    expect(await readRows(pool, "ledger.processed_files", "bytes")).toEqual([]);
    const left = await readRows(pool, "ledger.batch_segments", "published_bytes > 0 as is_left");
    expect(left).toEqual([{ is_left: true }, { is_left: true }]);
  });
});
