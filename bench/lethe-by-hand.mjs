import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { startLocalStack } from "@lethe/local-stack/start-local-stack";
import { startServiceProcess } from "@lethe/service-kit/service-process";
import pg from "pg";
import { describeServers } from "./measure/machine.mjs";
import { processesBelow } from "./measure/process-tree.mjs";
import { runJob } from "./run-job.mjs";

/**
 * Starts servers in a folder and the services one by one, as on several machines; transformers come by `startTransformer`.
 * Otherwise as `startLethe` gives it.
 */
export async function startLetheByHand(folder) {
  await mkdir(path.join(folder, "landing"), { recursive: true });
  const stack = await startLocalStack({ directory: path.join(folder, "stack") });
  const environment = {
    ...process.env,
    DATABASE_URL: stack.databaseUrl,
    REDIS_URL: stack.redisUrl,
    DATA_DIR: folder,
    LETHE_PRIVACY_KEY: randomBytes(32).toString("hex"),
    LETHE_SIGNING_KEY: randomBytes(32).toString("hex"),
    LETHE_SCHEDULES: "off",
    LETHE_RATE_LIMIT: "0",
    LETHE_SETTLE_SECONDS: "0",
    LETHE_PORT: "0",
    LETHE_LOG_LEVEL: "warn",
  };
  const services = [];
  const start = (name, runner = []) => {
    const logFile = path.join(folder, `${name}-${services.length}.log`);
    const service = startServiceProcess({ name, environment, logFile, runner });
    services.push(service);
    return service;
  };
  const address = await start("scheduler").ready;
  await start("extractor").ready;
  await start("loader").ready;
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  return {
    folder,
    landing: path.join(folder, "landing"),
    client,
    versions: () => describeServers(client),
    run: (job) => runJob(address, client, job),
    processes: () => processesBelow(process.pid),
    /** Starts one more transformer, bound to a core; returns it with its `stop`. */
    async startTransformer(core) {
      const transformer = start("transformer", ["taskset", "-c", String(core)]);
      await transformer.ready;
      return transformer;
    },
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      await client.end();
      await stack.stop();
    },
  };
}
