import { below } from "@lethe/cli/generate/random";
import { JOB_OPTIONS, openQueues } from "@lethe/service-kit/queues";
import { openWork } from "@lethe/warehouse/ledger/open-work";
import type { Harm } from "../harm.js";
import { tellRedis } from "../site/tell-redis.js";

/** A job that comes while the first one is at work is one thing, one that comes behind it another. */
const LATER_MS = 1_200;

/** Every job of every open run once more, at the same time, and again somewhat later. */
export const deliverTwice: Harm = {
  name: "every job delivered twice",
  async harm({ site, random, untilSomeMoment, note }) {
    await untilSomeMoment();
    const added = await tellRedis(site, async (redis) => {
      const queues = openQueues(redis, site.prefix);
      let jobs = 0;
      const again = () => [JOB_OPTIONS, { ...JOB_OPTIONS, delay: below(random, LATER_MS) }];
      for (const { runId, batchIds } of await openWork(site.pool)) {
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
