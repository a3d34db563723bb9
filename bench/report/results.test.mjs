import { expect, test } from "vitest";
import { mergeParts, toResults } from "./results.mjs";

const bulk = {
  figures: { ratioToFloor: { median: 1.4, runs: [1.3, 1.4, 1.6] } },
  peaks: { loader: { median: 120, runs: [110, 120, 130] }, extractor: { median: 90, runs: [90] } },
};
const bigFile = { figures: {}, peaks: { loader: { median: 150, runs: [150] } } };
const coldStart = { figures: { coldStartSeconds: { median: 6, runs: [6] } } };

test("each figure is its median, with the runs beside it", () => {
  const results = toResults({ bulk, "cold-start": coldStart });
  expect(results).toMatchObject({ ratioToFloor: 1.4, coldStartSeconds: 6 });
  expect(results.runs).toMatchObject({ ratioToFloor: [1.3, 1.4, 1.6], coldStartSeconds: [6] });
});

test("a service's peak is the highest of all parts", () => {
  const { peakRssMb, runs } = toResults({ bulk, "big-file": bigFile });
  expect(peakRssMb).toEqual({ loader: 150, extractor: 90 });
  expect(runs.peakRssMb).toEqual({ bulk: { loader: [110, 120, 130], extractor: [90] }, "big-file": { loader: [150] } });
});

test("parts that were not measured again stay as they were", () => {
  const again = { figures: { ratioToFloor: { median: 1.2, runs: [1.2] } }, peaks: {} };
  const results = toResults(mergeParts({ bulk, "cold-start": coldStart }, { bulk: again }));
  expect(results).toMatchObject({ ratioToFloor: 1.2, coldStartSeconds: 6 });
});

test("without a part that measures memory there is no peak", () => {
  expect(toResults({ "cold-start": coldStart })).not.toHaveProperty("peakRssMb");
});
