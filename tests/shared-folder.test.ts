import { randomUUID } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runLethe, startLethe } from "@lethe/test-kit/program";
import { openTestPlace, type TestPlace } from "@lethe/test-kit/test-place";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";

// Hosts that have disks of their own, or share what they should not.

let world: World;
beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_HEALTH_PORT: "0" } });
});
afterAll(() => world.close());

async function otherFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lethe-other-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

it("marks folder, database and Redis with one id", async () => {
  const { installation } = JSON.parse(await readFile(join(world.data, ".lethe-installation"), "utf8"));
  const { rows } = await world.pool.query("select id from ledger.installation");
  expect(rows).toEqual([{ id: installation }]);
  expect(await world.redis.get(`${world.prefix}:installation`)).toBe(installation);
});

it.each(["extractor", "transformer", "loader", "scheduler"] as const)(
  "refuses the %s of a host with a disk of its own",
  async (name) => {
    const DATA_DIR = await otherFolder();
    await expect(world.start(name, { DATA_DIR })).rejects.toThrow(
      new RegExp(`DATA_DIR, ${DATA_DIR}, is not the folder .*lethe data adopt`),
    );
  },
);

it("ends `up --once` on such a host with an error, not with no files", async () => {
  const DATA_DIR = await otherFolder();
  const input = await otherFolder();
  await mkdir(join(input, "date=2020-01-01/hour=00"), { recursive: true });
  await writeFile(join(input, "date=2020-01-01/hour=00/products.json"), '{"sku":"1"}\n');
  const { code, out, err } = await runLethe(["up", "--once"], { ...world.environment, DATA_DIR, RAW_DATA_DIR: input });
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("is not the folder that the database's installation works on");
});

it("refuses services with another database on the same queues", async () => {
  const DATA_DIR = await otherFolder();
  await world.redis.set(`${world.prefix}:installation`, randomUUID());
  onTestFinished(async () => {
    const { rows } = await world.pool.query("select id from ledger.installation");
    await world.redis.set(`${world.prefix}:installation`, rows[0].id);
  });
  await expect(world.start("extractor")).rejects.toThrow("is in use by another installation");
  const { code, err } = await world.lethe("run", "products");
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("LETHE_QUEUE_PREFIX") });
  expect(DATA_DIR).not.toBe("");
});

it("takes nothing while its folder is away, and says so, and goes on when it is back", async () => {
  await mkdir(join(world.landing, "date=2020-01-01/hour=00"), { recursive: true });
  await writeFile(
    join(world.landing, "date=2020-01-01/hour=00/products.json"),
    '{"sku":"10","name":"a","price":"1.00","category":"c","popularity":"1"}\n',
  );
  const away = `${world.data}.away`;
  await rename(world.data, away);
  const ready = async () => (await world.api("GET", "/readyz")).body;
  await expect
    .poll(ready, { timeout: 10_000 })
    .toMatchObject({ ready: false, checks: { folder: false }, reasons: { folder: "folder_missing" } });
  const { id } = (await world.api("POST", "/jobs/products/runs")).body as { id: string };
  await mkdir(world.data);
  await expect.poll(ready, { timeout: 10_000 }).toMatchObject({ reasons: { folder: "folder_foreign" } });
  await rm(world.data, { recursive: true });
  await rename(away, world.data);
  await expect.poll(ready, { timeout: 10_000 }).toMatchObject({ ready: true });
  await expect
    .poll(async () => (await world.api("GET", `/runs/${id}`)).body, { timeout: 30_000 })
    .toMatchObject({ state: "succeeded", files: { taken: 1, done: 1 } });
});

it("lets a folder be adopted", async () => {
  const DATA_DIR = await otherFolder();
  await writeFile(join(DATA_DIR, "something"), "");
  const environment = { ...world.environment, DATA_DIR };
  const adopted = await runLethe(["data", "adopt"], environment);
  expect(adopted).toMatchObject({ code: 0, out: expect.stringContaining(`${DATA_DIR} belongs to installation `) });
  const extractor = await world.start("extractor", { DATA_DIR });
  await world.stop(extractor);
});

/** Returns the settings of a `lethe up` with a new folder, without keys. */
async function newFolderAt(place: TestPlace) {
  const DATA_DIR = await otherFolder();
  const RAW_DATA_DIR = await otherFolder();
  await mkdir(join(RAW_DATA_DIR, "date=2020-01-01/hour=00"), { recursive: true });
  await writeFile(
    join(RAW_DATA_DIR, "date=2020-01-01/hour=00/products.json"),
    '{"sku":"10","name":"a","price":"1.00","category":"c","popularity":"1"}\n',
  );
  const { LETHE_PRIVACY_KEY: _key, LETHE_SIGNING_KEY: _signing, ...settings } = world.environment;
  const own = { DATABASE_URL: place.databaseUrl, LETHE_QUEUE_PREFIX: place.prefix, DATA_DIR, RAW_DATA_DIR };
  return { ...settings, ...own };
}

it("lets one of several `up` with folders of their own take a new database", async () => {
  const place = await openTestPlace({ empty: true });
  onTestFinished(() => place.close());
  const first = await newFolderAt(place);
  const second = await newFolderAt(place);
  // Services that stay, so that the other one finds them however late it is.
  const [one, other] = [first, second].map((environment) => startLethe(["up"], environment));
  if (one === undefined || other === undefined) throw new Error("two were started");
  onTestFinished(async () => {
    await Promise.all([one.stop(), other.stop()]);
  });
  const refused = await Promise.race([one.ended, other.ended]);
  expect(refused).toMatchObject({
    code: 2,
    err: expect.stringContaining("is not the folder that the database's installation works on"),
  });
  const results = await Promise.all([one.stop(), other.stop()]);
  expect(results.map(({ err }) => err).join()).not.toContain("is new and belongs to");
});

it("refuses a new folder without the privacy key that the database was used with, and makes nothing in it", async () => {
  const place = await openTestPlace();
  onTestFinished(() => place.close());
  const first = await newFolderAt(place);
  expect(await runLethe(["up", "--once"], first)).toMatchObject({ code: 0 });
  const second = await newFolderAt(place);
  const refused = await runLethe(["up", "--once"], second);
  expect(refused).toMatchObject({
    code: 2,
    err: expect.stringContaining("was used with another privacy key, which DATA_DIR,"),
  });
  const made = await readdir(second.DATA_DIR);
  for (const name of ["privacy.key", "signing.key", ".lethe-installation"]) expect(made).not.toContain(name);

  await copyFile(join(first.DATA_DIR, "privacy.key"), join(second.DATA_DIR, "privacy.key"));
  await copyFile(join(first.DATA_DIR, "signing.key"), join(second.DATA_DIR, "signing.key"));
  const taken = await runLethe(["up", "--once"], second);
  expect(taken).toMatchObject({ code: 0, err: expect.stringContaining("is new and belongs to the database's") });
  // The folder that the database had is another installation's from now on.
  const returned = await runLethe(["up", "--once"], first);
  expect(returned).toMatchObject({ code: 2, err: expect.stringContaining("belongs to another installation") });
});

it("names the key that the suppression list needs", async () => {
  const place = await openTestPlace();
  onTestFinished(() => place.close());
  await place.pool.query(
    `with subject as (insert into privacy.subjects (outcome) values ('unlink') returning id)
     insert into privacy.suppressions (subject_id, act, kind, key, key_id)
     select id, 'erase', 'email', sha256('a'), '0a1b2c3d' from subject`,
  );
  const settings = await newFolderAt(place);
  for (const keys of [{}, { LETHE_PRIVACY_KEY: "ab".repeat(32) }]) {
    const { code, err } = await runLethe(["up", "--once"], { ...settings, ...keys });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("another privacy key (0a1b2c3d), which") });
  }
  expect(await readdir(settings.DATA_DIR)).not.toContain(".lethe-installation");
});
