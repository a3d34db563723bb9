import { execFileSync } from "node:child_process";
import { appendFile, link, mkdir, readFile, rename, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { holdPublications, untilHeldUp } from "@lethe/test-kit/hold";
import { landRecords } from "@lethe/test-kit/landing";
import { product } from "@lethe/test-kit/records";
import { openByApi, runByApi, succeed, untilClosed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

let world: World;
let hour: string;
let day = 0;
let nextSku = 1;

beforeEach(() => {
  day += 1;
  hour = `date=2022-03-${String(day).padStart(2, "0")}/hour=05`;
});

function records(count: number): object[] {
  return Array.from({ length: count }, () => product({ sku: nextSku++ }));
}

function lines(some: readonly object[]): string {
  return some.map((record) => `${JSON.stringify(record)}\n`).join("");
}

async function loaded(): Promise<number> {
  const { rows } = await world.pool.query<{ n: number }>("select count(*)::integer as n from warehouse.products");
  return rows[0]?.n ?? 0;
}

/** Returns the contents of the archived files of this test's hour. */
async function archived(): Promise<string[]> {
  const paths = [...(await filesBelow(world.archived)).keys()].filter((path) => path.startsWith(hour));
  return Promise.all(paths.map((path) => readFile(join(world.archived, path), "utf8")));
}

async function landingIsEmpty(): Promise<void> {
  // Folders in which a sender was at work a moment ago stay.
  expect([...(await filesBelow(world.landing)).keys()]).toEqual([]);
  expect(await pathsBelow(join(world.data, "claimed"))).toEqual([]);
}

describe("a file that changes while a run has it", () => {
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  /** Starts a run over a file, changes the file once all of it is loaded, and returns the run. */
  async function changeAfterLoad(change: (claimed: string) => Promise<void>) {
    const letGo = await holdPublications(world);
    const runId = await openByApi(world, "products");
    await untilHeldUp(world, "lethe-loader");
    await change(join(world.data, "claimed", runId, `${hour}/products.json`));
    await letGo();
    return untilClosed(world, runId);
  }

  it("is archived as it was read when somebody appends to it, and taken whole by the next run", async () => {
    const before = await loaded();
    const [first, second] = [records(3), records(2)];
    await landRecords(world, `${hour}/products.json`, first);
    const inode = (await stat(join(world.landing, `${hour}/products.json`))).ino;
    const run = await changeAfterLoad((claimed) => appendFile(claimed, lines(second)));
    expect(run).toMatchObject({ state: "succeeded", records: { loaded: 3 }, notices: [{ code: "file_changed" }] });
    expect(await archived()).toEqual([lines(first)]);
    // Whoever has it open goes on writing into it.
    expect((await stat(join(world.landing, `${hour}/products.json`))).ino).toBe(inode);
    await succeed(world, "products");
    expect(await loaded()).toBe(before + 5);
    expect((await archived()).sort()).toEqual([lines(first), lines([...first, ...second])].sort());
    await landingIsEmpty();
  });

  it.each([
    ["truncated", (path: string) => truncate(path, 10).then(() => truncate(path, 0))],
    ["rewritten", (path: string) => writeFile(path, lines([product({ sku: 900_001 })]))],
  ])("leaves nothing in the archive when it was %s, and the ledger says so", async (_what, change) => {
    await landRecords(world, `${hour}/products.json`, records(3));
    const run = await changeAfterLoad(change);
    expect(run).toMatchObject({ state: "succeeded", records: { loaded: 3 }, notices: [{ code: "file_changed" }] });
    expect(await archived()).toEqual([]);
    const { rows } = await world.pool.query(
      "select state, kept_path from ledger.files where run_id = $1 and path like $2",
      [run.id, `${hour}/products.%`],
    );
    expect(rows).toEqual([{ state: "done", kept_path: null }]);
    await succeed(world, "products");
    await landingIsEmpty();
  });

  it("leaves to the next run what has taken its name meanwhile", async () => {
    const before = await loaded();
    const letGo = await holdPublications(world);
    await landRecords(world, `${hour}/products.json`, records(3));
    const runId = await openByApi(world, "products");
    await untilHeldUp(world, "lethe-loader");
    await landRecords(world, `${hour}/products.json`, records(2));
    await appendFile(join(world.data, "claimed", runId, `${hour}/products.json`), lines(records(1)));
    await letGo();
    const run = await untilClosed(world, runId);
    expect(run.notices.map(({ code }) => code).sort()).toEqual(["file_changed", "file_renamed"]);
    await succeed(world, "products");
    expect(await loaded()).toBe(before + 6);
    await landingIsEmpty();
  });

  it("is archived as a copy when its sender has another name for it", async () => {
    const first = records(2);
    await landRecords(world, `${hour}/products.json`, first);
    const other = join(world.data, `kept-by-sender-${day}`);
    await link(join(world.landing, `${hour}/products.json`), other);
    await succeed(world, "products");
    await appendFile(other, lines(records(1)));
    expect(await archived()).toEqual([lines(first)]);
  });

  it("is found at the next run when a writer goes on after it was archived", async () => {
    const before = await loaded();
    const [first, second] = [records(3), records(2)];
    await landRecords(world, `${hour}/products.json`, first);
    await succeed(world, "products");
    const [kept = ""] = [...(await filesBelow(world.archived)).keys()].filter((path) => path.startsWith(hour));
    await appendFile(join(world.archived, kept), lines(second));
    const run = await runByApi(world, "products");
    expect(run.notices).toMatchObject([{ code: "file_grown" }]);
    await succeed(world, "products");
    expect(await loaded()).toBe(before + 5);
    expect((await archived()).sort()).toEqual([lines(first), lines([...first, ...second])].sort());
    await landingIsEmpty();
  });

  it("is a new delivery in another hour, and none in the same", async () => {
    const same = lines(records(3));
    for (const [path, known] of [
      [`${hour}/products.json`, 0],
      [`${hour}/products.json`, 1],
      [`${hour.replace("05", "06")}/products.json`, 0],
      [`${hour}/products.again.json`, 0],
    ] as const) {
      await mkdir(join(world.landing, path, ".."), { recursive: true });
      await writeFile(join(world.landing, path), same);
      const [run] = await succeed(world, "products");
      expect([path, run?.files.alreadyLoaded]).toEqual([path, known]);
    }
    await landingIsEmpty();
  });
});

describe("a file that was changed a moment ago", () => {
  beforeAll(async () => {
    world = await openWorld({ settings: { LETHE_SETTLE_SECONDS: "1" } });
  });
  afterAll(() => world.close());

  it("is taken once it has been quiet, also by a clock that is ahead", async () => {
    await landRecords(world, `${hour}/products.json`, records(2));
    await landRecords(world, `${hour}/products.ahead.json`, records(2));
    const ahead = new Date(Date.now() + 3_600_000);
    await utimes(join(world.landing, `${hour}/products.ahead.json`), ahead, ahead);
    const [run] = await succeed(world, "products");
    expect(run).toMatchObject({ records: { loaded: 4 }, notices: [] });
  });

  it("waits for the next run while it still changes, and keeps nobody else", async () => {
    const path = join(world.landing, `${hour}/products.json`);
    await landRecords(world, `${hour}/products.other.json`, records(2));
    await landRecords(world, `${hour}/products.json`, records(1));
    let isWriting = true;
    const writing = (async () => {
      while (isWriting) {
        await appendFile(path, lines(records(1)));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const [run] = await succeed(world, "products");
    isWriting = false;
    await writing;
    expect(run).toMatchObject({ records: { loaded: 2 }, notices: [{ code: "file_growing" }] });
    await succeed(world, "products");
    await landingIsEmpty();
  });
});

describe.each([
  ["_SUCCESS", "_SUCCESS"],
  [".done", "products.json.done"],
])("under the marker %s", (marker, name) => {
  beforeAll(async () => {
    world = await openWorld({ settings: { LETHE_SETTLE_SECONDS: "60", LETHE_READY_MARKER: marker } });
  });
  afterAll(() => world.close());

  it("a file waits for its marker, which goes with it", async () => {
    await landRecords(world, `${hour}/products.json`, records(2));
    const [waiting] = await succeed(world, "products");
    expect(waiting).toMatchObject({ files: { taken: 0 }, notices: [{ code: "files_unmarked" }] });
    await writeFile(join(world.landing, hour, name), "");
    const [run] = await succeed(world, "products");
    expect(run).toMatchObject({ records: { loaded: 2 }, notices: [] });
    await landingIsEmpty();
  });
});

describe("landing on a mount of its own", () => {
  beforeAll(async () => {
    world = await openWorld();
    // Two mounts of one file system: the device is the same, and still no rename leads from one to the other.
    const elsewhere = join(world.data, "elsewhere");
    await mkdir(elsewhere);
    execFileSync("mount", ["--bind", elsewhere, world.landing]);
    await restart();
  });
  afterAll(async () => {
    execFileSync("umount", [world.landing]);
    await world.close();
  });

  async function restart(): Promise<void> {
    const services = [...world.running];
    for (const service of services) await world.stop(service);
    for (const { name } of services) await world.start(name);
  }

  it("has its files claimed, read and archived, or quarantined", async () => {
    const before = records(3);
    await landRecords(world, `${hour}/products.json`, before);
    await writeFile(join(world.landing, hour, "products.torn.json.gz"), Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]));
    const [run] = await succeed(world, "products");
    expect(run).toMatchObject({ records: { loaded: 3 }, files: { quarantined: 1 } });
    expect(await archived()).toEqual([lines(before)]);
    expect((await filesBelow(world.quarantined)).size).toBe(1);
    expect((await filesBelow(world.landing)).size).toBe(0);
  });

  it("names a file that cannot be moved, and takes the others", async () => {
    await landRecords(world, `${hour}/products.json`, records(1));
    await rename(join(world.landing, hour), join(world.landing, `${hour}.kept`));
    execFileSync("mount", ["-o", "remount,bind,ro", world.landing]);
    try {
      await rename(join(world.data, "elsewhere", `${hour}.kept`), join(world.data, "elsewhere", hour));
      const run = await runByApi(world, "products");
      expect(run.error).toBeNull();
      expect(run).toMatchObject({
        state: "succeeded",
        notices: [{ code: "file_unmovable", path: `${hour}/products.json` }],
      });
    } finally {
      execFileSync("mount", ["-o", "remount,bind,rw", world.landing]);
    }
    expect((await succeed(world, "products"))[0]).toMatchObject({ records: { loaded: 1 } });
  });
});
