import { randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun, addSegment } from "../../test/ledger-rows.js";
import { inTransaction, type Pool } from "../pool.js";
import { cancelRun, closeRun, failRun, reopenRun, startFinish } from "./change-run.js";
import { takeExtraction } from "./extraction-fence.js";
import { openRun, recordSkippedRun } from "./open-run.js";
import { readRunInputs } from "./run-inputs.js";
import { countTransitions, forgetTransitions, type RunTransition, tellNextTransition } from "./run-transitions.js";

/** Opens a run of this job, and returns what may be done with it. */
async function open(pool: Pool, job = "customers") {
  const runId = await openRun(pool, { job, kind: "files", trigger: "api" });
  return {
    runId,
    extract: () => takeExtraction(pool, runId),
    fail: () => failRun(pool, runId, "extract", "unreadable_folder", "a folder cannot be read"),
    async succeed() {
      await pool.query("update ledger.runs set state = 'processing' where id = $1", [runId]);
      await startFinish(pool, runId);
      await inTransaction(pool, (client) => closeRun(client, runId, 1, () => ({ state: "succeeded", findings: [] })));
    },
  };
}

/** Sends all that is to be sent, and returns it. */
async function tellAll(pool: Pool): Promise<RunTransition[]> {
  const told: RunTransition[] = [];
  const take = async (_client: unknown, transition: RunTransition) => {
    told.push(transition);
    return { outcome: "confirmed" } as const;
  };
  while ((await tellNextTransition(pool, take)) !== undefined);
  return told;
}

const shown = ({ runId, attempt, what }: RunTransition) => [runId, attempt, what];

describe("a run", () => {
  it("begins once and ends once, however often a stage of it is taken up", async ({ pool }) => {
    const run = await open(pool);
    expect(await countTransitions(pool)).toBe(0);
    await run.extract();
    await run.extract();
    expect((await tellAll(pool)).map(shown)).toEqual([[run.runId, 1, "started"]]);
    await run.succeed();
    await startFinish(pool, run.runId);
    const told = await tellAll(pool);
    expect(told.map(shown)).toEqual([[run.runId, 1, "succeeded"]]);
    expect(told[0]?.at).toBeInstanceOf(Date);
    expect(await tellAll(pool)).toEqual([]);
  });

  it("begins and ends at once where it is cancelled before anything is done", async ({ pool }) => {
    const { runId } = await open(pool);
    await cancelRun(pool, runId);
    expect((await tellAll(pool)).map(shown)).toEqual([
      [runId, 1, "started"],
      [runId, 1, "cancelled"],
    ]);
  });

  it("keeps the error of an attempt when it is tried again, from where it stopped", async ({ pool }) => {
    const run = await open(pool);
    await run.extract();
    await run.fail();
    await reopenRun(pool, run.runId);
    await run.extract();
    await pool.query("update ledger.runs set state = 'processing', extracted_at = now() where id = $1", [run.runId]);
    await cancelRun(pool, run.runId);
    await reopenRun(pool, run.runId);
    await run.succeed();
    const told = await tellAll(pool);
    expect(told.map(shown)).toEqual([
      [run.runId, 1, "started"],
      [run.runId, 1, "failed"],
      [run.runId, 2, "started"],
      [run.runId, 2, "cancelled"],
      [run.runId, 3, "started"],
      [run.runId, 3, "succeeded"],
    ]);
    expect(told[1]?.error).toEqual({ code: "unreadable_folder", message: "a folder cannot be read" });
    expect(told[3]?.error).toBeNull();
  });

  it("says nothing where it never was one, or where its change is taken back", async ({ pool }) => {
    const run = await open(pool);
    await recordSkippedRun(pool, randomUUID(), "customers", run.runId);
    const plan = await openRun(pool, { job: "customers", kind: "plan", trigger: "api" });
    await takeExtraction(pool, plan);
    await failRun(pool, plan, "extract", "unreadable_folder", "a folder cannot be read");
    await expect(
      inTransaction(pool, async (client) => {
        await takeExtraction(client, run.runId);
        throw new Error("taken back");
      }),
    ).rejects.toThrow("taken back");
    expect(await tellAll(pool)).toEqual([]);
  });
});

describe("telling of a transition", () => {
  it("goes on in order after failures, and keeps those behind waiting", async ({ pool }) => {
    const first = await open(pool);
    const second = await open(pool, "products");
    await first.extract();
    await second.extract();
    const asked: unknown[] = [];
    const fail = async (_client: unknown, transition: RunTransition) => {
      asked.push(transition.runId);
      return { outcome: "failed", failure: "status 503" } as const;
    };
    for (let i = 0; i < 6; i += 1) {
      expect(await tellNextTransition(pool, fail)).toMatchObject({ outcome: "failed" });
      expect(await tellNextTransition(pool, fail)).toBeUndefined();
      await pool.query("update ledger.run_transitions set next_try_at = now() where next_try_at is not null");
    }
    expect(asked).toEqual(Array(6).fill(first.runId));
    expect((await tellAll(pool)).map(({ runId }) => runId)).toEqual([first.runId, second.runId]);
  });

  it("leaves out what is refused for what it says, after some tries", async ({ pool }) => {
    const first = await open(pool);
    const second = await open(pool, "products");
    await first.extract();
    await second.extract();
    const outcomes: (string | undefined)[] = [];
    for (let i = 0; i < 3; i += 1) {
      const told = await tellNextTransition(pool, async () => ({ outcome: "refused", failure: "status 422" }));
      outcomes.push(told?.outcome);
      await pool.query("update ledger.run_transitions set next_try_at = null");
    }
    expect(outcomes).toEqual(["refused", "refused", "dropped"]);
    expect((await tellAll(pool)).map(({ runId }) => runId)).toEqual([second.runId]);
  });

  it("is done by one process at a time, and again after a crash", async ({ pool }) => {
    const run = await open(pool);
    await run.extract();
    const crash = tellNextTransition(pool, async () => {
      expect(await tellAll(pool)).toEqual([]);
      throw new Error("crash");
    });
    await expect(crash).rejects.toThrow("crash");
    expect((await tellAll(pool)).map(shown)).toEqual([[run.runId, 1, "started"]]);
  });

  it("is done without where nobody wants it", async ({ pool }) => {
    await (await open(pool)).extract();
    await forgetTransitions(pool);
    expect(await countTransitions(pool)).toBe(0);
  });
});

describe("the inputs of a run", () => {
  it("are the files that it took, and those that it went back to, by partition", async ({ pool }) => {
    const earlier = await addRun(pool, { state: "succeeded" });
    const old = await addFile(pool, earlier, {
      partition_date: "2022-01-01",
      partition_hour: 3,
      bytes: 7,
      state: "done",
    });
    await addFile(pool, earlier, { partition_date: "2021-01-01", state: "done" });
    const run = await addRun(pool, { kind: "replay" });
    const taken = await addFile(pool, run, {
      partition_date: "2022-01-02",
      partition_hour: 1,
      bytes: 5,
      records_in: 4,
      records_loaded: 4,
    });
    const batch = await addBatch(pool, run);
    await addSegment(pool, batch, old, { line_count: 2 });
    await addSegment(pool, batch, taken, { position: 1, line_count: 9 });
    expect(await readRunInputs(pool, run, 1)).toEqual({
      files: [{ fileId: old, dataset: "customers", partition: { date: "2022-01-01", hour: 3 }, bytes: 7, records: 2 }],
      total: 2,
      bytes: 12,
      firstPartition: { date: "2022-01-01", hour: 3 },
      lastPartition: { date: "2022-01-02", hour: 1 },
    });
    expect((await readRunInputs(pool, run, 10)).files.map(({ fileId, records }) => [fileId, records])).toEqual([
      [old, 2],
      [taken, 4],
    ]);
    expect(await readRunInputs(pool, await addRun(pool, { job: "products" }), 10)).toMatchObject({
      files: [],
      total: 0,
    });
  });
});
