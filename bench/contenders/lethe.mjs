import { isOfFirstDay, layInto } from "../input.mjs";
import { cpuSecondsBetween, readCpuSeconds } from "../measure/cpu-seconds.mjs";
import { readPeaks, resetPeaks } from "../measure/peak-rss.mjs";
import { requireWhole } from "../measure/process-tree.mjs";

/**
 * Contender 2, Lethe whole: from the POST until the run is closed, through all services and queues, processed files and
 * archive included. Returns the seconds, the run, CPU seconds by process and each service's peak of memory.
 */
export async function runLethe(installation, input) {
  await layInto(installation.landing, input);
  const processes = await installation.processes();
  requireWhole(processes);
  await resetPeaks(processes);
  const before = await readCpuSeconds(processes);
  const { run, seconds } = await installation.run("transactions");
  const cpuSeconds = cpuSecondsBetween(before, await readCpuSeconds(processes));
  return { seconds, run, cpuSeconds, peakRssMb: await readPeaks(processes) };
}

/** Has the input's first day loaded, uncounted: services that are up have worked before. Its rows stay, for a reset to take. */
export async function warmUp(installation, input) {
  await layInto(installation.landing, input, isOfFirstDay);
  await installation.run("transactions");
}
