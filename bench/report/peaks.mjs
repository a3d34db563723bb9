import { medianOf } from "./median.mjs";

/** Returns each service's peak of memory in MB over some runs of Lethe: the median, and the runs beside it. */
export function peaksOf(runs) {
  const services = Object.keys(runs[0]?.peakRssMb ?? {});
  return Object.fromEntries(
    services.map((name) => [
      name,
      medianOf(
        runs.map((run) => run.peakRssMb[name]),
        0,
      ),
    ]),
  );
}
