import type { Run } from "@lethe/contracts/runs";
import { KNOWN_HOUR_SETTINGS, loadKnownHour, resultOfKnownHour } from "@lethe/test-kit/known-hour";
import { COUNTED_DATASETS, type CountedDataset } from "@lethe/test-kit/plain-count";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it } from "vitest";

// What one known hour (tests/fixtures/golden) becomes. After a change on purpose, write the files anew and read the diff:
//   npx vitest run --config vitest.integration.config.ts tests/golden.test.ts --update

let world: World;
let runs: Readonly<Record<CountedDataset, Run>>;

beforeAll(async () => {
  world = await openWorld({ settings: KNOWN_HOUR_SETTINGS });
  runs = await loadKnownHour(world);
});
afterAll(() => world.close());

it.each(COUNTED_DATASETS)("makes of the known hour's %s what the golden file says", async (dataset) => {
  const result = await resultOfKnownHour(world, dataset, runs[dataset]);
  await expect(result).toMatchFileSnapshot(`golden/${dataset}.json`);
});
