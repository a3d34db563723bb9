import { randomBytes } from "node:crypto";
import { cp, lstat, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectRedis } from "@lethe/service-kit/redis";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { COUNTED_DATASETS, countPlainly, type PlainCount } from "@lethe/test-kit/plain-count";
import { type ProgramResult, runLethe } from "@lethe/test-kit/program";
import { fromRepository } from "@lethe/test-kit/repository";
import { createDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { keysOf } from "@lethe/test-kit/test-place";
import { createPool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";

// What `npm start -- --once` does when DATABASE_URL and REDIS_URL are set, on a database in which nothing is yet.

const prefix = `lethe-up-${randomBytes(6).toString("hex")}`;
let folder: string;
let source: string;
let database: TestDatabase;
let environment: Record<string, string>;
let expected: PlainCount;
let sourceBefore: string[];
let first: ProgramResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lethe-up-"));
  source = join(folder, "own input");
  await cp(fromRepository("raw_data"), source, { recursive: true, preserveTimestamps: true });
  sourceBefore = await describeFolder(source);
  expected = await countPlainly(source);
  database = await createDatabase(inject("databaseUrl"));
  environment = {
    DATABASE_URL: database.url,
    REDIS_URL: inject("redisUrl"),
    LETHE_QUEUE_PREFIX: prefix,
    DATA_DIR: join(folder, "data"),
    RAW_DATA_DIR: source,
  };
  first = await runLethe(["up", "--once"], environment);
}, 120_000);

afterAll(async () => {
  const redis = connectRedis(inject("redisUrl"));
  const keys = await keysOf(redis, prefix);
  if (keys.length > 0) await redis.del(keys);
  redis.disconnect();
  const server = createPool(inject("databaseUrl"), 1, "lethe-e2e");
  const { rows } = await server.query(
    "select from pg_stat_activity where datname = $1 and application_name like 'lethe-%'",
    [new URL(database.url).pathname.slice(1)],
  );
  await server.end();
  await database.drop();
  await rm(folder, { recursive: true });
  expect(rows, "services that were left running").toHaveLength(0);
});

/** Every path with its mode, size and time, and every file with its bytes' hash. */
async function describeFolder(root: string): Promise<string[]> {
  const hashes = await filesBelow(root);
  const lines = [];
  for (const path of await pathsBelow(root)) {
    const { mode, size, mtimeMs } = await lstat(join(root, path));
    lines.push(`${path} ${mode} ${size} ${mtimeMs} ${hashes.get(path) ?? ""}`);
  }
  return lines;
}

/** Returns the numbers of a job's row in the printed table: taken, already loaded, quarantined, in, loaded, rejected. */
function printedRow(out: string, job: string): number[] {
  const line = out.split("\n").find((each) => each.startsWith(`${job} `)) ?? "";
  const [, state, ...numbers] = line.split(/\s{2,}|\s(?=\d)/).filter((part) => part !== "");
  expect(state, out).toBe("succeeded");
  return numbers.slice(0, 6).map((number) => Number(number.replaceAll(",", "")));
}

describe("lethe up --once", () => {
  it("exits with 0 and prints the counts that a plain reading of the files gives", () => {
    expect(first.code, first.err).toBe(0);
    for (const dataset of COUNTED_DATASETS) {
      const { files, records, loaded } = expected.datasets[dataset];
      const unreadable = expected.unreadableFiles.filter((path) => path.includes(`/${dataset}.`)).length;
      expect(printedRow(first.out, dataset), dataset).toEqual([
        files,
        0,
        unreadable,
        records,
        loaded,
        records - loaded,
      ]);
    }
    for (const path of expected.unreadableFiles) expect(first.out).toContain(path);
  });

  it("fills a database that was empty", async () => {
    const pool = createPool(database.url, 1, "lethe-e2e");
    const { rows } = await pool.query<{ n: number }>("select count(*) as n from warehouse.transactions");
    await pool.end();
    expect(rows[0]?.n).toBe(expected.datasets.transactions.loaded);
  });

  it("leaves the folder of RAW_DATA_DIR as it was: names, bytes, modes and times", async () => {
    expect(await describeFolder(source)).toEqual(sourceBefore);
  });

  it("keeps its own key readable by its owner only, and prints no secret", async () => {
    const { mode } = await lstat(join(folder, "data/privacy.key"));
    expect(mode & 0o077).toBe(0);
    expect(first.out + first.err).not.toContain(database.url);
  });

  it("loads nothing a second time, and says so", async () => {
    const again = await runLethe(["up", "--once"], environment);
    expect(again.code, again.err).toBe(0);
    for (const dataset of COUNTED_DATASETS) {
      const { files } = expected.datasets[dataset];
      expect(printedRow(again.out, dataset), dataset).toEqual([0, files, 0, 0, 0, 0]);
      expect(again.out).toContain(`${dataset}: nothing new: all ${files} files were loaded before`);
    }
    expect(await pathsBelow(join(folder, "data/landing"))).toEqual([]);
  });

  it("names what is wrong with a folder that is not there, and exits with 2", async () => {
    const wrong = await runLethe(["up", "--once"], { ...environment, RAW_DATA_DIR: join(folder, "no such folder") });
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("RAW_DATA_DIR");
  });
});
