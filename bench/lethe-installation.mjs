import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { describeServers } from "./measure/machine.mjs";
import { processesBelow } from "./measure/process-tree.mjs";
import { runJob } from "./run-job.mjs";

const LETHE = fileURLToPath(new URL("../packages/cli/bin/lethe.mjs", import.meta.url));

/**
 * Starts Lethe as its user has it, `lethe up` on a folder with its own PostgreSQL and Redis, and waits until it has loaded
 * what lies in `input`. Throws when it ends at its start. Whoever starts it stops it.
 */
export async function startLethe({ folder, input }) {
  await mkdir(folder, { recursive: true });
  const environment = {
    DATA_DIR: folder,
    RAW_DATA_DIR: input,
    LETHE_SCHEDULES: "off",
    LETHE_RATE_LIMIT: "0",
    LETHE_SETTLE_SECONDS: "0",
  };
  const child = spawn(process.execPath, [LETHE, "up", "--port", "0"], {
    // Servers that the caller's environment names are not to be filled, or emptied, by a benchmark.
    env: { ...process.env, DATABASE_URL: "", REDIS_URL: "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const endWithThis = () => child.kill("SIGINT");
  process.once("exit", endWithThis);
  const api = await addressOf(child);
  const { databaseUrl, redisUrl } = JSON.parse(await readFile(path.join(folder, "stack.json"), "utf8"));
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  return {
    api,
    databaseUrl,
    redisUrl,
    folder,
    landing: path.join(folder, "landing"),
    /** A connection with all rights. */
    client,
    versions: () => describeServers(client),
    /** Triggers a job and follows its run until it is closed; see `runJob`. */
    run: (job) => runJob(api, client, job),
    /** Process ids of the services and servers by name. */
    processes: () => processesBelow(child.pid),
    async stop() {
      process.off("exit", endWithThis);
      await client.end();
      child.kill("SIGINT");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** What it says on the way is shown when it does not come up. */
async function addressOf(child) {
  let said = "";
  child.stderr.on("data", (piece) => {
    said += piece;
  });
  let api;
  for await (const line of createInterface({ input: child.stdout })) {
    api = /^API\s+(http:\/\/[^\s/]+)/.exec(line)?.[1] ?? api;
    if (line.startsWith("Lethe is up")) break;
  }
  if (api === undefined) throw new Error(`Lethe ended at its start:\n${said}`);
  child.stdout.resume();
  return api;
}
