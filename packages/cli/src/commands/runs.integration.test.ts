import { RunDetailSchema } from "@lethe/contracts/runs";
import { ScheduleSchema } from "@lethe/contracts/schedules";
import { failRun } from "@lethe/warehouse/ledger/change-run";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import Type from "typebox";
import { Compile } from "typebox/compile";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

const UNKNOWN = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";

let world: CliWorld;
beforeAll(async () => {
  world = await createCliWorld();
});
afterEach(async () => {
  await world.quiet();
  await world.pool.query("truncate ledger.runs cascade");
});
afterAll(() => world.end());

const open = (job = "customers") => openRun(world.pool, { job, kind: "files", trigger: "cli" });

async function openFailed(): Promise<string> {
  const id = await open();
  await failRun(world.pool, id, "extract", "file_unreadable", "the landing folder cannot be read");
  return id;
}

describe("lethe runs list", () => {
  it("lists runs, newest first, by job and state, page by page, as text, JSON and CSV", async () => {
    const failed = await openFailed();
    const products = await open("products");
    const customers = await open();
    const all = await world.lethe(["runs", "list", "--json"]);
    expect(all.out.map((line) => JSON.parse(line).id)).toEqual([customers, products, failed]);
    const ofState = await world.lethe(["runs", "list", "--state", "failed", "--job", "customers", "--csv"]);
    expect(ofState.out.join("\n").split("\n")).toEqual([
      expect.stringMatching(/^id,job,/),
      expect.stringMatching(new RegExp(`^${failed},customers,files,cli,failed,.*,file_unreadable`)),
    ]);
    const page = await world.lethe(["runs", "list", "--limit", "1", "--before", customers]);
    expect(page.out.join("\n")).toMatch(new RegExp(`${products} +products +queued +\\d{4}-.* CES?T `));
    expect(page.err).toEqual([`there are more; go on with --before ${products}`]);
  });

  it("filters by states, kind, trigger, time, the beginning of the id and whether a run is open", async () => {
    const failed = await openFailed();
    const customers = await open();
    const products = await open("products");
    await openRun(world.pool, { job: "products", kind: "backfill", trigger: "api" });
    const ids = async (...options: string[]) =>
      (await world.lethe(["runs", "list", "--json", ...options])).out.map((line) => JSON.parse(line).id);
    expect(await ids("--state", "failed", "queued", "--kind", "files")).toEqual([products, customers, failed]);
    expect(await ids("--open", "--trigger", "cli")).toEqual([products, customers]);
    expect(await ids("--id", failed.slice(0, 8))).toEqual([failed]);
    // Two may be requested in one millisecond.
    await world.pool.query("update ledger.runs set requested_at = requested_at - interval '1 s' where id <> $1", [
      products,
    ]);
    const { requestedAt } = await readRun(world.pool, products);
    expect(await ids("--requested-from", requestedAt, "--trigger", "cli")).toEqual([products]);
    expect(await ids("--requested-to", "2020-01-31T05:00:00+01:00")).toEqual([]);
    for (const wrong of [
      ["--id", "abc"],
      ["--requested-from", "2020-01-31T05:00:00"],
    ]) {
      expect(await world.lethe(["runs", "list", ...wrong])).toMatchObject({ code: 2, out: [] });
    }
  });

  it("names the value that is wrong and those there are", async () => {
    const { code, err } = await world.lethe(["runs", "list", "--job", "corn"]);
    expect(code).toBe(2);
    expect(err).toEqual([
      'lethe: --job has no "corn"; it is one of customers, products, transactions, erasure-requests',
    ]);
  });
});

describe("lethe runs show", () => {
  it("shows one run with its times and what went wrong, and as the API's JSON", async () => {
    const id = await openFailed();
    const { code, out } = await world.lethe(["runs", "show", id]);
    expect(code).toBe(0);
    expect(out.join("\n")).toMatch(/requested +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T/);
    expect(out.join("\n")).toContain("the landing folder cannot be read (file_unreadable)");
    expect(out.join("\n")).toContain(`lethe runs retry ${id}`);
    const asJson = await world.lethe(["runs", "show", id, "--json"]);
    const check = Compile(Type.Object({ ...RunDetailSchema.properties, job: Type.String() }));
    expect(check.Check(JSON.parse(asJson.out.join("")))).toBe(true);
  });

  it.each(["show", "follow", "cancel", "retry"])("exits with 2 when there is no run to %s", async (command) => {
    const unknown = await world.lethe(["runs", command, UNKNOWN]);
    expect(unknown).toMatchObject({ code: 2, out: [], err: [expect.stringContaining(UNKNOWN)] });
    expect(await world.lethe(["runs", command, "1"])).toMatchObject({ code: 2, out: [] });
  });
});

describe("lethe runs follow, cancel and retry", () => {
  it("follows a run to its end", async () => {
    const { out: opened } = await world.lethe(["run", "customers", "--json"]);
    const { id } = JSON.parse(opened.join(""));
    await world.startWorkers();
    const { code, out, err } = await world.lethe(["runs", "follow", id]);
    expect(code).toBe(0);
    expect(out.join("\n")).toMatch(/customers +succeeded/);
    expect(err.join("\n")).toContain("customers: succeeded");
  });

  it("cancels an open run, and goes on with it to its end", async () => {
    const id = await open();
    const cancelled = await world.lethe(["runs", "cancel", id]);
    expect(cancelled).toMatchObject({ code: 0, out: [expect.stringContaining(`lethe runs retry ${id}`)] });
    expect((await readRun(world.pool, id)).state).toBe("cancelled");
    expect(await world.queues.byJob.finish.getJob(`finish-${id}`)).toBeDefined();
    expect(await world.lethe(["runs", "cancel", id])).toMatchObject({
      code: 2,
      err: [expect.stringMatching(/is cancelled/)],
    });
    await world.startWorkers();
    const retried = await world.lethe(["runs", "retry", id, "--follow", "--json"]);
    expect(retried.code).toBe(0);
    expect(JSON.parse(retried.out.join(""))).toMatchObject({ id, state: "succeeded" });
  });

  it("exits with 4 and names the active run when the job has another one", async () => {
    const failed = await openFailed();
    const active = await open();
    const { code, err } = await world.lethe(["runs", "retry", failed]);
    expect(code).toBe(4);
    expect(err.join("\n")).toContain(active);
  });
});

describe("lethe jobs, lethe schedules and lethe alone", () => {
  it("shows the jobs with their schedules", async () => {
    const active = await open("products");
    const { out } = await world.lethe(["jobs"]);
    expect(out.join("\n")).toMatch(new RegExp(`products +0 0 \\* \\* \\* \\(on\\) +\\S+ 00:00:00 CES?T .*${active}`));
    const asJson = await world.lethe(["jobs", "--json"]);
    expect(asJson.out.map((line) => JSON.parse(line))).toMatchObject([
      { job: "customers", lastRun: null, activeRunId: null },
      { job: "products", activeRunId: active, schedule: { cron: "0 0 * * *", timezone: "Europe/Zagreb" } },
      { job: "transactions" },
      { job: "erasure-requests" },
    ]);
  });

  it("shows schedules as the API has them, and none to come where none fires", async () => {
    await world.lethe(["schedules"]);
    await world.pool.query("update ledger.schedules set enabled = job <> 'customers'");
    const { out } = await world.lethe(["schedules"]);
    expect(out.join("\n")).toMatch(/customers +0 \* \* \* \* +Every hour +Europe\/Zagreb +off +never$/m);
    expect(out.join("\n")).toMatch(/transactions .* on +never +\S+ \d\d:00:00 CES?T/);
    const none = await world.lethe(["schedules", "--json"], { environment: { LETHE_SCHEDULES: "off" } });
    const check = Compile(Type.Object({ ...ScheduleSchema.properties, job: Type.String() }));
    for (const line of none.out) expect(check.Check(JSON.parse(line))).toBe(true);
    expect(none.out.map((line) => JSON.parse(line).nextAt)).toEqual([null, null, null, null]);
  });

  it("shows the state of things when no command is named", async () => {
    const { code, out, err } = await world.lethe([]);
    expect(code).toBe(0);
    expect(out).toEqual((await world.lethe(["status"])).out);
    expect(err.join("\n")).toContain("lethe --help");
    expect((await world.lethe(["--json"])).out).toHaveLength(4);
  });
});
