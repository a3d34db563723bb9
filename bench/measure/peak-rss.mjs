import { readFile, writeFile } from "node:fs/promises";
import { SERVICE_NAMES } from "@lethe/contracts/services";

/** Lets the kernel forget the peaks of memory so far. */
export async function resetPeaks(processes) {
  // Another user's process, and any kernel that does not know this, keeps the peak since its start.
  for (const pid of servicePids(processes)) await writeFile(`/proc/${pid}/clear_refs`, "5").catch(() => undefined);
}

/** Returns the peak of resident memory since then in MB (10^6 bytes) by service; empty where there is no /proc. */
export async function readPeaks(processes) {
  const peaks = {};
  for (const service of SERVICE_NAMES) {
    const ofEach = await Promise.all((processes[service] ?? []).map(peakOf));
    if (ofEach.length > 0) peaks[service] = Math.round(Math.max(...ofEach));
  }
  return peaks;
}

async function peakOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return (Number(/^VmHWM:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024) / 1e6;
}

function servicePids(processes) {
  return SERVICE_NAMES.flatMap((service) => processes[service] ?? []);
}
