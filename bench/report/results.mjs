/**
 * Creates the content of results.json of the parts that were ever measured. Each figure is the median of its runs; `runs` has
 * those. `peakRssMb` is by service the highest of all parts. A part brings its machine and its day along.
 */
export function toResults(parts) {
  const figures = Object.assign({}, ...Object.values(parts).map((part) => part.figures));
  const medians = Object.entries(figures).map(([name, figure]) => [name, figure.median]);
  const runs = Object.entries(figures).map(([name, figure]) => [name, figure.runs]);
  const withPeaks = Object.entries(parts).filter(([, part]) => Object.keys(part.peaks ?? {}).length > 0);
  return {
    ...Object.fromEntries(medians),
    ...(withPeaks.length > 0 && { peakRssMb: highestPeaks(withPeaks.map(([, part]) => part.peaks)) }),
    runs: {
      ...Object.fromEntries(runs),
      ...(withPeaks.length > 0 && {
        peakRssMb: Object.fromEntries(
          withPeaks.map(([name, { peaks }]) => [name, mapValues(peaks, (peak) => peak.runs)]),
        ),
      }),
    },
    parts,
  };
}

/** Puts newly measured parts in place of the earlier ones and keeps the rest. */
export function mergeParts(earlier, measured) {
  return { ...earlier, ...measured };
}

function highestPeaks(all) {
  const services = [...new Set(all.flatMap((peaks) => Object.keys(peaks)))];
  const highest = (service) => Math.max(...all.map((peaks) => peaks[service]?.median ?? 0));
  return Object.fromEntries(services.map((service) => [service, highest(service)]));
}

function mapValues(record, change) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
