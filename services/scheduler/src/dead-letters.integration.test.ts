import { randomUUID } from "node:crypto";
import { jobId } from "@lethe/contracts/jobs";
import { failRun, reopenRun } from "@lethe/warehouse/ledger/change-run";
import { markFailed } from "@lethe/warehouse/ledger/load-batch";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off" });
});
afterAll(() => world.end());
afterEach(async () => {
  await world.pool.query("truncate ledger.runs cascade");
  await world.flush();
});

const FAILURE = { code: "staged_object_damaged", message: "it is short" };

/** Creates a run, extracted, with batches of seven lines of one file that wait; returns the run and its batches. */
async function processingRun(job: "customers" | "products", batches: number) {
  const runId = await openRun(world.pool, { job, kind: "files", trigger: "api" });
  await world.pool.query("update ledger.runs set state = 'processing', extracted_at = now() where id = $1", [runId]);
  const sha256 = Buffer.from(randomUUID().replaceAll("-", ""));
  const { rows } = await world.pool.query<{ id: number }>(
    `insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, delivery, bytes, run_id, state, batches_total)
     values ($1, 'date=2020-01-01/hour=05/x.json', '2020-01-01', 5, $2, $2, 10, $3, 'open', $4) returning id`,
    [job, sha256, runId, batches],
  );
  const batchIds: string[] = [];
  for (let number = 1; number <= batches; number += 1) {
    const id = randomUUID();
    batchIds.push(id);
    await world.pool.query(
      "insert into ledger.batches (id, run_id, number, state, bytes) values ($1, $2, $3, 'staged', 512)",
      [id, runId, number],
    );
    await world.pool.query(
      "insert into ledger.batch_segments (batch_id, position, file_id, first_line, line_count) values ($1, 0, $2, $3, 7)",
      [id, rows[0]?.id, number * 7],
    );
  }
  return { runId, batchIds, sha256 };
}

/** Creates a run that failed with some of its batches. */
async function failedRun(job: "customers" | "products", failed: number) {
  const run = await processingRun(job, failed);
  for (const batchId of run.batchIds) await markFailed(world.pool, { runId: run.runId, batchId }, "load", FAILURE);
  await world.pool.query(
    `update ledger.runs set state = 'failed', error_code = 'batches_failed', finished_at = now() where id = $1`,
    [run.runId],
  );
  await world.pool.query("update ledger.files set state = 'released' where run_id = $1", [run.runId]);
  return run;
}

async function letters(query = "") {
  return (await api.call("GET", `/dead-letters${query}`)).body.deadLetters as { id: string }[];
}

async function batchStates(runId: string): Promise<string[]> {
  const { rows } = await world.pool.query<{ state: string }>(
    "select state from ledger.batches where run_id = $1 order by number",
    [runId],
  );
  return rows.map(({ state }) => state);
}

describe("GET /dead-letters", () => {
  it("tells of a batch that gave up", async () => {
    const { runId, batchIds } = await processingRun("products", 2);
    await markFailed(world.pool, { runId, batchId: batchIds[1] ?? "" }, "transform", FAILURE);
    const letter = {
      id: batchIds[1],
      stage: "transform",
      status: "open",
      job: "products",
      runId,
      batchId: batchIds[1],
      code: FAILURE.code,
      message: "it is short",
      records: 7,
      bytes: 512,
      failedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    };
    expect(await letters()).toEqual([letter]);
    expect((await api.call("GET", `/dead-letters/${batchIds[1]}`)).body).toEqual(letter);
  });

  it.each(["extract", "finish"] as const)("tells of a run that gave up in %s, once", async (stage) => {
    const { runId } = await processingRun("products", 1);
    await failRun(world.pool, runId, stage, "transient", "no connection");
    expect(await letters()).toMatchObject([{ id: runId, runId, batchId: null, stage, records: null, bytes: null }]);
  });

  it("tells of a run whose batches gave up by its batches alone", async () => {
    const { batchIds } = await failedRun("products", 2);
    expect((await letters()).map(({ id }) => id).sort()).toEqual([...batchIds].sort());
  });

  it("tells nothing of a run that a person cancelled", async () => {
    const { runId, batchIds } = await processingRun("products", 2);
    await markFailed(world.pool, { runId, batchId: batchIds[0] ?? "" }, "load", FAILURE);
    expect(await letters()).toHaveLength(1);
    await api.call("POST", `/runs/${runId}/cancel`);
    expect(await letters()).toEqual([]);
  });

  it("gives pages, newest first, whose cursor outlives the letter's replay, and filters", async () => {
    const customers = await failedRun("customers", 2);
    const products = await failedRun("products", 1);
    const newestFirst = [...products.batchIds, ...customers.batchIds.toReversed()];
    const first = await api.call("GET", "/dead-letters?limit=1");
    expect(first.body.deadLetters).toMatchObject([{ id: newestFirst[0] }]);
    await api.call("POST", `/dead-letters/${newestFirst[0]}/replay`);
    const rest = await api.call("GET", `/dead-letters?before=${first.body.nextCursor}`);
    expect(rest.body.deadLetters.map(({ id }: { id: string }) => id)).toEqual(newestFirst.slice(1));
    expect(rest.body.nextCursor).toBeNull();
    expect(await letters("?job=customers&status=open")).toHaveLength(2);
    expect(await letters("?job=transactions")).toEqual([]);
    expect(await letters("?status=overtaken")).toEqual([]);
  });

  it.each(["limit=0", "status=closed", "job=suppliers", "before=1", "page=2"])("answers 400 to ?%s", async (query) => {
    expect(await api.call("GET", `/dead-letters?${query}`)).toMatchObject({
      status: 400,
      body: { code: "input_invalid" },
    });
  });
});

describe("POST /dead-letters/:id/replay", () => {
  it("opens the run again with that batch alone", async () => {
    const { runId, batchIds } = await failedRun("products", 3);
    const answer = await api.call("POST", `/dead-letters/${batchIds[1]}/replay`);
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`/runs/${runId}`);
    expect(answer.body).toMatchObject({ id: runId, state: "processing", error: null, batches: { failed: 2 } });
    expect(await batchStates(runId)).toEqual(["failed", "staged", "failed"]);
    const { transform, load, finish } = world.queues.byJob;
    expect(await transform.getJobState(jobId.transform(batchIds[1] ?? ""))).toBe("waiting");
    expect(await load.getJob(jobId.load(batchIds[0] ?? ""))).toBeUndefined();
    expect(await finish.getJobState(jobId.finish(runId))).toBe("waiting-children");
    expect((await letters()).map(({ id }) => id)).not.toContain(batchIds[1]);
    const { rows } = await world.pool.query("select state from ledger.files where run_id = $1", [runId]);
    expect(rows).toEqual([{ state: "open" }]);
  });

  it("goes on with a run that could not be extracted, and leaves failed batches as they are", async () => {
    const { runId, batchIds } = await processingRun("products", 2);
    await world.pool.query("update ledger.runs set state = 'extracting', extracted_at = null where id = $1", [runId]);
    await markFailed(world.pool, { runId, batchId: batchIds[0] ?? "" }, "transform", FAILURE);
    await failRun(world.pool, runId, "extract", "transient", "no connection");
    expect(await batchStates(runId)).toEqual(["failed", "cancelled"]);
    expect((await api.call("POST", `/dead-letters/${runId}/replay`)).body).toMatchObject({ state: "queued" });
    expect(await batchStates(runId)).toEqual(["failed", "staged"]);
    expect(await world.queues.byJob.extract.getJobState(jobId.extract(runId))).toBe("waiting");
    expect((await letters()).map(({ id }) => id)).toEqual([batchIds[0]]);
  });

  it("answers 404 to what is none: unknown, a run with letters of its own, one that was replayed", async () => {
    const { runId, batchIds } = await failedRun("products", 1);
    await api.call("POST", `/dead-letters/${batchIds[0]}/replay`);
    for (const id of ["00000000-0000-4000-8000-000000000000", runId, batchIds[0], "x"]) {
      expect(await api.call("POST", `/dead-letters/${id}/replay`)).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
    }
  });

  it("answers 409 while its run, or another of the job, is at work", async () => {
    const { batchIds } = await failedRun("products", 2);
    await api.call("POST", `/dead-letters/${batchIds[0]}/replay`);
    const sameRun = await api.call("POST", `/dead-letters/${batchIds[1]}/replay`);
    expect(sameRun).toMatchObject({ status: 409, body: { code: "run_state" } });
    const older = await failedRun("customers", 1);
    await api.call("POST", "/jobs/customers/runs");
    const otherRun = await api.call("POST", `/dead-letters/${older.batchIds[0]}/replay`);
    expect(otherRun).toMatchObject({ status: 409, body: { code: "run_active" } });
    expect(await batchStates(older.runId)).toEqual(["failed"]);
  });

  it("answers 409 to one that a later run has overtaken, and the list says so", async () => {
    const { runId, batchIds, sha256 } = await failedRun("products", 1);
    const later = await openRun(world.pool, { job: "products", kind: "files", trigger: "api" });
    await world.pool.query(
      `insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, delivery, bytes, run_id, state)
       values ('products', 'date=2020-01-01/hour=06/x.json', '2020-01-01', 6, $1, $1, 10, $2, 'done')`,
      [sha256, later],
    );
    await world.pool.query("update ledger.runs set state = 'succeeded' where id = $1", [later]);
    expect(await letters("?status=overtaken")).toMatchObject([{ id: batchIds[0], status: "overtaken" }]);
    expect(await letters("?status=open")).toEqual([]);
    expect(await api.call("POST", `/dead-letters/${batchIds[0]}/replay`)).toMatchObject({
      status: 409,
      body: { code: "run_state" },
    });
    expect(await batchStates(runId)).toEqual(["failed"]);
  });

  it("answers 409 to a replay of quarantine after which another one has succeeded", async () => {
    const first = await openRun(world.pool, { job: "customers", kind: "replay", trigger: "api" });
    await failRun(world.pool, first, "extract", "transient", "no connection");
    const second = await openRun(world.pool, { job: "customers", kind: "replay", trigger: "api" });
    await world.pool.query("update ledger.runs set state = 'succeeded' where id = $1", [second]);
    for (const path of [`/dead-letters/${first}/replay`, `/runs/${first}/retry`]) {
      expect(await api.call("POST", path)).toMatchObject({ status: 409, body: { code: "run_state" } });
    }
  });
});

it("a run that is retried as a whole leaves no letters", async () => {
  const { runId } = await failedRun("products", 2);
  await reopenRun(world.pool, runId);
  expect(await letters()).toEqual([]);
  expect(await batchStates(runId)).toEqual(["staged", "staged"]);
});
