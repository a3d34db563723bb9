import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startLocalStack } from "@lethe/local-stack/start-local-stack";
import pg from "pg";
import { describeServers } from "./measure/machine.mjs";
import { processesBelow } from "./measure/process-tree.mjs";
import { runJob } from "./run-job.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

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
    LETHE_SCHEDULES: "off",
    LETHE_RATE_LIMIT: "0",
    LETHE_PORT: "0",
    LETHE_LOG_LEVEL: "warn",
  };
  const services = [];
  const start = async (name, core) => {
    const service = await startService(name, environment, core);
    services.push(service);
    return service;
  };
  const { address } = await start("scheduler");
  await start("extractor");
  await start("loader");
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
    startTransformer: (core) => start("transformer", core),
    async stop() {
      await Promise.all(services.map((service) => service.stop()));
      await client.end();
      await stack.stop();
    },
  };
}

async function startService(name, environment, core) {
  const node = [process.execPath, path.join(ROOT, "services", name, "bundle", "main.js")];
  const [command, ...args] = core === undefined ? node : ["taskset", "-c", String(core), ...node];
  const child = spawn(command, args, { env: environment, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const exited = once(child, "exit");
  const ready = once(child, "message");
  const [said] = await Promise.race([ready, exited]);
  if (said?.ready !== true) throw new Error(`the ${name} service ended at its start`);
  return {
    address: said.address,
    async stop() {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
