import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runLethe } from "@lethe/test-kit/program";
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
