import { below } from "@lethe/sample-data/random";
import { JOB_OPTIONS, openQueues } from "@lethe/service-kit/queues";
import { readActiveRuns } from "@lethe/warehouse/ledger/active-runs";
import { tellRedis } from "../cluster/tell-redis.js";
import type { Fault } from "../fault.js";

/** The second copy of a job waits up to this long, so that some come while the first is at work and some after it. */
const LATER_MS = 1_200;

/** Delivers every job of every active run twice more: at once, and somewhat later. */
export const deliverTwice: Fault = {
  name: "every job delivered twice",
  async inject({ cluster, random, untilInjectionPoint, note }) {
    await untilInjectionPoint();
    const added = await tellRedis(cluster, async (redis) => {
      const queues = openQueues(redis, cluster.prefix);
      let jobs = 0;
      const again = () => [JOB_OPTIONS, { ...JOB_OPTIONS, delay: below(random, LATER_MS) }];
      for (const { runId, batchIds } of await readActiveRuns(cluster.pool)) {
        for (const options of again()) {
          await queues.byJob.extract.add("extract", { runId }, options);
          await queues.byJob.finish.add("finish", { runId }, options);
        }
        for (const batchId of batchIds) {
          for (const options of again()) {
            await queues.byJob.transform.add("transform", { runId, batchId }, options);
            await queues.byJob.load.add("load", { runId, batchId }, options);
          }
        }
        jobs += 4 + 4 * batchIds.length;
      }
      await queues.close();
      return jobs;
    });
    note(`${added} jobs`);
  },
};
