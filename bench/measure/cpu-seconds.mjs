import { allBelow, readStat } from "./process-tree.mjs";

/**
 * Returns the CPU seconds that each of the named processes has used since its start; PostgreSQL's with all its backends, also
 * those that have ended. Two of them subtracted say what a run has cost.
 */
export async function readCpuSeconds(processes) {
  const seconds = {};
  for (const [name, pids] of Object.entries(processes)) {
    const each = await Promise.all(pids.map((pid) => (name === "postgres" ? secondsOfServer(pid) : secondsOf(pid))));
    seconds[name] = each.reduce((sum, one) => sum + one, 0);
  }
  return seconds;
}

/** Returns the CPU seconds of this process, and of those it has started and seen end. */
export async function readOwnCpuSeconds() {
  const own = await readStat(process.pid);
  return (own?.cpuSeconds ?? 0) + (own?.childrenSeconds ?? 0);
}

/** Returns what was used between two readings, by name. */
export function cpuSecondsBetween(before, after) {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]));
}

async function secondsOf(pid) {
  return (await readStat(pid))?.cpuSeconds ?? 0;
}

async function secondsOfServer(pid) {
  const own = await readStat(pid);
  const backends = await Promise.all((await allBelow(pid)).map(secondsOf));
  return (own?.cpuSeconds ?? 0) + (own?.childrenSeconds ?? 0) + backends.reduce((sum, one) => sum + one, 0);
}
