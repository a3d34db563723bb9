// Lethe as its user has it: `lethe up` in a folder of its own, its API, its database.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const LETHE = fileURLToPath(new URL("../packages/cli/bin/lethe.mjs", import.meta.url));
const POLL_MS = 50;

/**
 * Starts Lethe on a folder with its own PostgreSQL and Redis, and waits until it has loaded what lies in `input`. `environment`
 * is what differs from the defaults, `launcher` a command that the services are started by. Throws when it ends at its start.
 */
export async function startLethe({ folder, input, environment = {} }) {
  await mkdir(folder, { recursive: true });
  const child = spawn(process.execPath, [LETHE, "up", "--port", "0"], {
    env: {
      ...process.env,
      DATA_DIR: folder,
      RAW_DATA_DIR: input,
      LETHE_SCHEDULES: "off",
      LETHE_RATE_LIMIT: "1000000",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let api;
  for await (const line of createInterface({ input: child.stdout })) {
    api = /(http:\/\/[^\s/]+)/.exec(line)?.[1] ?? api;
    if (/^Lethe is up/.test(line)) break;
  }
  child.stdout.resume();
  if (child.exitCode !== null) throw new Error("Lethe ended at its start");
  const { databaseUrl, redisUrl } = JSON.parse(await readFile(path.join(folder, "stack.json"), "utf8"));
  return {
    api,
    databaseUrl,
    redisUrl,
    folder,
    landing: path.join(folder, "landing"),
    /** Triggers a job and follows its run until it is closed. Gives the run and the seconds from the POST on. */
    run: (job) => runJob(api, job),
    /** Process ids of the services and of the servers by name. */
    processes: () => processesOf(folder),
    async stop() {
      child.kill("SIGINT");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

async function runJob(api, job) {
  const startedAt = performance.now();
  const posted = await fetch(`${api}/jobs/${job}/runs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!posted.ok) throw new Error(`the API answered ${posted.status}: ${await posted.text()}`);
  const { id } = await posted.json();
  for (;;) {
    const run = await (await fetch(`${api}/runs/${id}`)).json();
    if (!["queued", "extracting", "processing", "finishing"].includes(run.state)) {
      const seconds = (performance.now() - startedAt) / 1_000;
      if (run.state !== "succeeded") throw new Error(`the run ended as ${run.state}`);
      return { run, seconds };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
