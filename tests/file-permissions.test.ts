import { chmod, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { land, landRecords } from "@lethe/test-kit/landing";
import { markedPeople } from "@lethe/test-kit/marked-people";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld } from "@lethe/test-kit/world";
import { expect, it, onTestFinished } from "vitest";

/** Returns what others than its owner may do with what lies in a folder, as `path mode`. */
async function openToOthers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const mode = (await stat(path)).mode & 0o777;
    if ((mode & 0o077) !== 0) found.push(`${path.slice(folder.length + 1)} ${mode.toString(8)}`);
  }
  return found.sort();
}

it.each([0o000, 0o022])("keeps everything for its owner alone under umask %i", async (umask) => {
  const before = process.umask(umask);
  onTestFinished(() => void process.umask(before));
  const world = await openWorld();
  try {
    const [erased, stays] = markedPeople(2);
    if (erased === undefined || stays === undefined) throw new Error("there are two people");
    await landRecords(world, "date=2022-03-01/hour=00/customers.json", [erased.customer(), stays.customer()]);
    await land(world, "date=2022-03-01/hour=00/customers.torn.json.gz", "torn");
    await landRecords(world, "date=2022-03-01/hour=01/customers.json", [stays.customer({ city: "Split" })]);
    await land(world, "date=2022-03-01/hour=01/customers.2.json", Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
    await succeed(world, "customers");
    await landRecords(world, "date=2022-03-02/hour=00/erasure-requests.json", [erased.request]);
    await succeed(world, "erasure-requests");
    await settle(world);
    for (const area of [world.archived, world.processed]) {
      expect((await readdir(area, { recursive: true })).filter((path) => path.includes(".json"))).not.toEqual([]);
      expect(await openToOthers(area)).toEqual([]);
    }
    // Landing and the folder of logs were there before, and keep their permissions; the rest is Lethe's.
    await chmod(world.landing, 0o700);
    await chmod(join(world.data, "logs"), 0o700);
    expect(await openToOthers(world.data)).toEqual([]);
  } finally {
    await world.close();
  }
});
