import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connectRedis } from "@lethe/service-kit/redis";
import { pathsBelow } from "@lethe/test-kit/folders";
import { type ProgramResult, runLethe } from "@lethe/test-kit/program";
import { createDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { keysOf } from "@lethe/test-kit/test-place";
import { createPool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";

// `npm start -- --once` copies its input into a landing that senders use, too, and that is a link to another folder.

const FILE = "date=2020-01-01/hour=00/products.json";
const prefix = `lethe-copied-${randomBytes(6).toString("hex")}`;
let folder: string;
let inbox: string;
let database: TestDatabase;
let result: ProgramResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-copied-"));
  inbox = join(folder, "inbox");
  await put(join(inbox, FILE), 10_001, "of the sender");
  await put(join(folder, "raw", FILE), 10_002, "of the sample");
  // Where a folder of the input belongs stands a file of the sender's.
  await writeFile(join(inbox, "date=2020-01-02"), "sent");
  await put(join(folder, "raw/date=2020-01-02/hour=00/products.json"), 10_003, "not copied");
  await mkdir(join(folder, "data"));
  await symlink(inbox, join(folder, "data/landing"));
  database = await createDatabase(inject("databaseUrl"));
  result = await runLethe(["up", "--once"], {
    DATABASE_URL: database.url,
    REDIS_URL: inject("redisUrl"),
    LETHE_QUEUE_PREFIX: prefix,
    DATA_DIR: join(folder, "data"),
    RAW_DATA_DIR: join(folder, "raw"),
  });
}, 120_000);

afterAll(async () => {
  const redis = connectRedis(inject("redisUrl"));
  const keys = await keysOf(redis, prefix);
  if (keys.length > 0) await redis.del(keys);
  redis.disconnect();
  await database.drop();
  await rm(folder, { recursive: true });
});

async function put(path: string, sku: number, name: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify({ sku, name, price: "1.00", category: "c", popularity: 0.5 })}\n`);
}

it("loads the file that a sender put into landing and the copied one of the same name", async () => {
  const pool = createPool(database.url, 1, "lethe-e2e");
  const { rows } = await pool.query("select name from warehouse.products order by sku");
  await pool.end();
  expect(rows, result.out + result.err).toEqual([{ name: "of the sender" }, { name: "of the sample" }]);
});

it("keeps a landing that is a link, and what it did not take in it", async () => {
  expect(await readlink(join(folder, "data/landing"))).toBe(inbox);
  expect(await pathsBelow(inbox)).toEqual(["date=2020-01-02"]);
});

it("names what it could not copy, and exits with 5", () => {
  expect(result.code).toBe(5);
  expect(result.err).toContain(
    `date=2020-01-02: ${join(folder, "data/landing/date=2020-01-02")} is not a folder: move it away and start again`,
  );
});
