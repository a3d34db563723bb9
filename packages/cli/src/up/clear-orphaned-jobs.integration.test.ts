import { once } from "node:events";
import { enqueueActiveRuns, enqueueRun } from "@lethe/service-kit/enqueue";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";
import { clearOrphanedJobs } from "./clear-orphaned-jobs.js";

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
});
afterAll(() => world.end());

it("frees a job that a killed service held, and leaves queues alone that nobody holds a job of", async () => {
  const runId = await openRun(world.pool, { job: "customers", kind: "files", trigger: "cli" });
  await enqueueRun(world.queues, runId, "files");
  expect(await clearOrphanedJobs(world.queues)).toBe(false);
  expect(await world.queues.byJob.extract.getWaitingCount()).toBe(1);

  const taken = new EventTarget();
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await world.startWorkers({
    async handle() {
      taken.dispatchEvent(new Event("taken"));
      await held;
      return { files: 0, batches: 0 };
    },
  });
  await once(taken, "taken");
  expect(await clearOrphanedJobs(world.queues)).toBe(true);
  letGo();
  await enqueueActiveRuns(world.queues, await readActiveRuns(world.pool));
  expect(await world.queues.byJob.extract.getJob(`extract-${runId}`)).toBeDefined();
});
