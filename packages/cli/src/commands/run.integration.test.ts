import { RunSchema } from "@lethe/contracts/runs";
import { landingOf } from "@lethe/test-kit/data-folder";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { listRuns, readRun } from "@lethe/warehouse/ledger/read-runs";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CliWorld, createCliWorld, extractNothing } from "../../test/cli-fixture.js";

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
});
afterEach(async () => {
  await world.quiet();
  await world.pool.query("truncate ledger.runs cascade");
});
afterAll(() => world.end());

const activeRun = () => openRun(world.pool, { job: "customers", kind: "files", trigger: "cli" });

describe("lethe run", () => {
  it("opens a run of each job in the given order, enqueues it and prints its id", async () => {
    const { code, out } = await world.lethe(["run", "products", "customers", "--from", "2020-01-01", "--force"]);
    expect(code).toBe(0);
    expect(out.map((line) => line.split(" ")[0])).toEqual(["products", "customers"]);
    for (const line of out) {
      const [job, id = ""] = line.split(" ");
      expect(await readRun(world.pool, id)).toMatchObject({
        job,
        state: "queued",
        from: "2020-01-01",
        to: null,
        force: true,
      });
      expect(await world.queues.byJob.extract.getJob(`extract-${id}`)).toBeDefined();
    }
  });

  it("prints with --dry-run what lies in landing, and opens nothing", async () => {
    const files = ["customers.json", "costumers.json"].map((name) => [`date=2020-01-01/hour=05/${name}`, "{}\n"]);
    const environment = { DATA_DIR: await landingOf(Object.fromEntries(files)) };
    const dryRun = (...args: string[]) => world.lethe(["run", ...args, "--dry-run"], { environment });
    const { code, out } = await dryRun("customers", "products");
    expect(code).toBe(0);
    expect(out.join("\n")).toMatch(/customers: a run over[\s\S]*would be taken +1 +3 +0\n2020-01-01 +1 +3 +0/);
    expect(out.join("\n")).toMatch(/products: a run over[\s\S]*would be taken +0 +0 +0/);
    expect(out.join("\n")).toMatch(/file_unknown, 1\)\n {2}date=2020-01-01\/hour=05\/costumers.json/);
    const json = await dryRun("customers", "--to", "2019-12-31", "--json");
    expect(JSON.parse(json.out.join(""))).toMatchObject({ job: "customers", takes: { files: 0, bytes: 0 }, byDay: [] });
    expect((await dryRun("customers", "--follow")).code).toBe(2);
    expect((await listRuns(world.pool, { limit: 1 })).runs).toEqual([]);
  });

  it("says which services are not there to work on it", async () => {
    const { err } = await world.lethe(["run", "customers"]);
    expect(err).toEqual([expect.stringContaining("extractor, transformer, loader")]);
  });

  it("exits with 4 and names the active run, and opens the other jobs' runs all the same", async () => {
    const active = await activeRun();
    const { code, out, err } = await world.lethe(["run", "customers", "products"]);
    expect(code).toBe(4);
    expect(err.join("\n")).toContain(active);
    expect(out).toEqual([expect.stringMatching(/^products /)]);
  });

  it("enqueues again what the ledger holds open and Redis has lost", async () => {
    const lost = await activeRun();
    await world.lethe(["run", "products"]);
    expect(await world.queues.byJob.extract.getJob(`extract-${lost}`)).toBeDefined();
  });

  it("prints a line of JSON per run that is of the API's form", async () => {
    const { out } = await world.lethe(["run", "all", "--json"]);
    // The API puts the names of its datasets in the place of the reference.
    const check = Compile(Type.Object({ ...RunSchema.properties, job: Type.String() }));
    const runs: unknown[] = out.map((line) => JSON.parse(line));
    expect(runs).toHaveLength(4);
    for (const run of runs) expect(check.Check(run)).toBe(true);
  });
});

describe("lethe run --follow", () => {
  it("follows each run to its end before it opens the next", async () => {
    const openWhenExtracted: number[] = [];
    await world.startWorkers({
      async handle({ runId }) {
        const { runs } = await listRuns(world.pool, { limit: 10 });
        openWhenExtracted.push(runs.filter((run) => run.finishedAt === null).length);
        return extractNothing(world.pool, runId);
      },
    });
    const { code, out, err } = await world.lethe(["run", "all", "--follow"]);
    expect(code).toBe(0);
    expect(openWhenExtracted).toEqual([1, 1, 1, 1]);
    expect(out.join("\n")).toMatch(/customers +succeeded[\s\S]*erasure-requests +succeeded/);
    expect(err.join("\n")).toContain("transactions: succeeded");
  });

  it("follows an active run to its end and then opens its own", async () => {
    const active = await activeRun();
    await world.startWorkers();
    const { code, out } = await world.lethe(["run", "customers", "--follow", "--json"]);
    expect(code).toBe(0);
    const own: { id: string } = JSON.parse(out[0] ?? "");
    expect(own.id).not.toBe(active);
    expect((await readRun(world.pool, active)).state).toBe("succeeded");
  });

  it("exits with 1 when a run failed, says why, and goes on with the next", async () => {
    await world.startWorkers({
      async handle({ runId }) {
        const run = await readRun(world.pool, runId);
        if (run.job !== "customers") return extractNothing(world.pool, runId);
        await failRun(world.pool, runId, "extract", "file_unreadable", "the landing folder cannot be read");
        return { files: 0, batches: 0 };
      },
    });
    const { code, out } = await world.lethe(["run", "customers", "products", "--follow"]);
    expect(code).toBe(1);
    expect(out.join("\n")).toContain("customers: failed: the landing folder cannot be read (file_unreadable)");
    expect(out.join("\n")).toMatch(/products +succeeded/);
  });

  it("follows on when its connections to the database are lost", async () => {
    await world.startWorkers({
      async handle({ runId }) {
        await world.pool.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'lethe-cli' and datname = current_database()`,
        );
        return extractNothing(world.pool, runId);
      },
    });
    const { code, out } = await world.lethe(["run", "customers", "--follow"]);
    expect(code).toBe(0);
    expect(out.join("\n")).toMatch(/customers +succeeded/);
  });
});

describe("servers that do not answer", () => {
  it("exits with 3 and names the setting, never a password", async () => {
    const database = await world.lethe(["run", "customers"], {
      environment: { DATABASE_URL: "postgres://me:secret@127.0.0.1:1/x" },
    });
    const redis = await world.lethe(["run", "customers"], {
      environment: { REDIS_URL: "redis://:secret@127.0.0.1:1" },
    });
    expect([database.code, redis.code]).toEqual([3, 3]);
    expect(database.err.join()).toContain("DATABASE_URL");
    expect(redis.err.join()).toContain("REDIS_URL");
    expect([...database.err, ...redis.err].join()).not.toContain("secret");
  });
});
