import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Returns what a figure depends on: processor, cores, memory (GB, 10^9 bytes), system, Node, commit and day. */
export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${platform()} ${release()}`,
    node: process.version,
    commit: commit(),
    measuredAt: new Date().toISOString(),
  };
}

/** Returns the version of the server that is loaded into. */
export async function describeServers(client) {
  const { rows } = await client.query("show server_version");
  return { postgres: rows[0].server_version };
}

function commit() {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: ROOT, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
