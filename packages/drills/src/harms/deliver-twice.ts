import { openQueues } from "@lethe/service-kit/queues";
import { openWork } from "@lethe/warehouse/ledger/open-work";
import type { Harm } from "../harm.js";
import { tellRedis } from "./break-redis.js";

/** Every job of every open run once more, at the same time. */
export const deliverTwice: Harm = {
  name: "every job delivered twice",
  async harm({ site, untilSomeMoment, note }) {
    await untilSomeMoment();
    const added = await tellRedis(site, async (redis) => {
      const queues = openQueues(redis, site.prefix);
      let jobs = 0;
      for (const { runId, batchIds } of await openWork(site.pool)) {
        await queues.byJob.extract.add("extract", { runId });
        await queues.byJob.finish.add("finish", { runId });
        for (const batchId of batchIds) {
          await queues.byJob.transform.add("transform", { runId, batchId });
          await queues.byJob.load.add("load", { runId, batchId });
        }
        jobs += 2 + 2 * batchIds.length;
      }
      await queues.close();
      return jobs;
    });
    note(`${added} jobs`);
  },
};
