import { SERVICE_NAMES } from "@lethe/contracts/services";
import { ERASURE_MUTATIONS } from "@lethe/drills/mutations/erasure-mutations";
import { requireSeams, type Seam, seamOptions } from "@lethe/drills/mutations/seam";
import { landRecords } from "@lethe/test-kit/landing";
import { runByApi, settle } from "@lethe/test-kit/runs";
import { countOf } from "@lethe/test-kit/warehouse-rows";
import { openWorld } from "@lethe/test-kit/world";
import { beforeAll, expect, it } from "vitest";
import { findSurvivors, PLANTS, plantAgain, plantAll, requestOf } from "./plants.js";

beforeAll(() => requireSeams(ERASURE_MUTATIONS.map(({ seam }) => seam)));

it("nobody is found, and every erasure is completed, with all parts in place", async () => {
  expect(await eraseAndComeBack([])).toEqual([]);
});

it.each(ERASURE_MUTATIONS)("somebody is found, or an erasure is held up, unless $part", async ({ seam }) => {
  expect(await eraseAndComeBack([seam])).not.toEqual([]);
});

/** Erases everybody, lets them come back, and returns who is found and how many erasures are not completed. */
async function eraseAndComeBack(seams: readonly Seam[]): Promise<string[]> {
  const world = await openWorld({ services: [] });
  try {
    // The seams are in the compiled files, not in the bundles.
    const settings = seams.length === 0 ? {} : { NODE_OPTIONS: seamOptions(seams).join(" ") };
    for (const name of SERVICE_NAMES) await world.start(name, settings, `services/${name}/dist/main.js`);
    await plantAll(world);
    for (const job of ["customers", "products", "transactions"] as const) await runByApi(world, job);
    await landRecords(world, "date=2022-03-30/hour=00/erasure-requests.json", PLANTS.map(requestOf));
    await runByApi(world, "erasure-requests");
    await settle(world);
    const early = await findSurvivors(
      world,
      PLANTS.filter(({ joinsLater }) => !joinsLater),
    );
    await plantAgain(world);
    for (const job of ["customers", "products", "transactions"] as const) await runByApi(world, job);
    await settle(world);
    const pending = await countOf(
      world.pool,
      "select count(*) as n from warehouse.erasure_requests where state <> 'completed'",
    );
    const late = await findSurvivors(world);
    return [...new Set([...early, ...late]), ...(pending === 0 ? [] : [`${pending} erasures are not completed`])];
  } finally {
    // What a mutant leaves behind is no concern here.
    await world.close().catch(() => undefined);
  }
}
