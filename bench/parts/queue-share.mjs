import { randomUUID } from "node:crypto";
import path from "node:path";
import { enqueueBatch, enqueueRun } from "@lethe/service-kit/enqueue";
import { createLogger } from "@lethe/service-kit/logger";
import { createMetrics } from "@lethe/service-kit/metrics";
import { openQueues } from "@lethe/service-kit/queues";
import { connectRedis } from "@lethe/service-kit/redis";
import { startWorker } from "@lethe/service-kit/worker";
import { runLethe, warmUp } from "../contenders/lethe.mjs";
import { makeInput } from "../input.mjs";
import { startLethe } from "../lethe-installation.mjs";
import { median, medianOf } from "../report/median.mjs";
import { resetTransactions } from "../reset-transactions.mjs";

/** Workers of the services, as they are by default. */
const AT_ONCE = { extract: 4, transform: 1, load: 2, finish: 2 };
const LOCK_MS = 30_000;
const GRACE_MS = 1_000;
/** The first one opens connections and loads BullMQ's scripts, which services that are up have done. */
const REPLAYS = 6;

/** What BullMQ and Redis take of a bulk run: its jobs once more, with handlers that do nothing. */
export async function measureQueueShare({ work, transactions, rounds, note }) {
  const input = await makeInput(work, transactions);
  const lethe = await startLethe({ folder: path.join(work, "lethe"), input: input.base });
  try {
    await warmUp(lethe, input.transactions);
    const shares = [];
    const redisShares = [];
    let replaySeconds;
    let batches;
    for (let round = 0; round < rounds; round++) {
      await resetTransactions(lethe.client, lethe.folder);
      const result = await runLethe(lethe, input.transactions);
      batches = result.run.batches.total;
      const [, ...replays] = await replay(lethe.redisUrl, batches);
      replaySeconds = median(replays);
      shares.push(replaySeconds / result.seconds);
      redisShares.push(result.cpuSeconds.redis / result.seconds);
      note(`run: ${result.seconds.toFixed(2)} s, its jobs alone: ${replaySeconds.toFixed(3)} s`);
    }
    return {
      figures: { queueShare: medianOf(shares, 4) },
      servers: await lethe.versions(),
      details: { transactions, batches, replaySeconds, redisCpuShareOfRun: medianOf(redisShares, 4) },
    };
  } finally {
    await lethe.stop();
  }
}

/** Sends the jobs of a run of so many batches through queues of their own, several times. Returns the seconds of each. */
async function replay(redisUrl, batches) {
  const redis = connectRedis(redisUrl);
  const queues = openQueues(redis, "lethe-bench");
  const context = {
    redis,
    prefix: queues.prefix,
    log: createLogger("bench", "silent"),
    metrics: createMetrics("bench"),
    lockMs: LOCK_MS,
  };
  let finished = () => undefined;
  const handlers = {
    async extract({ runId }) {
      for (let batch = 0; batch < batches; batch++) await enqueueBatch(queues, runId, randomUUID());
      return { files: 0, batches };
    },
    transform: async () => ({ accepted: 0, rejected: 0 }),
    load: async () => ({ loaded: 0, rejected: 0 }),
    async finish() {
      finished();
      return { state: "succeeded" };
    },
  };
  const workers = Object.entries(AT_ONCE).map(([job, atOnce]) =>
    startWorker(context, job, atOnce, { handle: handlers[job] }),
  );
  try {
    const seconds = [];
    for (let i = 0; i < REPLAYS; i++) {
      const startedAt = performance.now();
      const end = new Promise((resolve) => {
        finished = resolve;
      });
      await enqueueRun(queues, randomUUID());
      await end;
      seconds.push((performance.now() - startedAt) / 1_000);
    }
    return seconds;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop(GRACE_MS)));
    await queues.close();
    redis.disconnect();
  }
}
