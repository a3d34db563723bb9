import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "@lethe/contracts/diagnosis";
import { createDatabase } from "@lethe/test-kit/test-database";
import { openRun } from "@lethe/warehouse/ledger/open-run";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { type CliWorld, createCliWorld } from "../../test/cli-fixture.js";

let world: CliWorld;
let data: string;
beforeAll(async () => {
  world = await createCliWorld();
  data = await mkdtemp(join(tmpdir(), "lethe-doctor-"));
});
afterAll(async () => {
  await world.end();
  await rm(data, { recursive: true });
});

async function doctor(environment: Record<string, string> = {}) {
  const { code, out } = await world.lethe(["doctor", "--json"], { environment: { DATA_DIR: data, ...environment } });
  const findings = out.map((line) => JSON.parse(line) as Finding);
  return { code, findings, codes: findings.map((finding) => finding.code).sort() };
}

/** What the test servers are: without safety against a crash, and without services. */
const USUAL = ["database_not_durable", "database_not_durable", "service_missing"];

it("finds nothing in an installation that is only not started, and leaves no trace", async () => {
  const { code, findings } = await doctor();
  const others = findings.filter((finding) => !USUAL.includes(finding.code) && finding.code !== "redis_forgets");
  expect(others).toEqual([]);
  expect(code).toBe(0);
  expect(await readdir(data)).toEqual([]);
});

it("names several things that are wrong at once, each with what to do, and goes on where a server is away", async () => {
  const runId = await openRun(world.pool, { job: "customers", kind: "files", trigger: "cli" });
  const id = randomUUID();
  await world.queues.byJob.load.add("load", { runId: id, batchId: id }, { jobId: `load-${id}` });
  await world.pool.query("insert into ledger.installation (id) values ($1)", [randomUUID()]);
  await world.pool.query("insert into ledger.schedules (job, cron, timezone) values ('customers', '0 * * * *', 'UTC')");
  await world.pool.query("revoke usage on schema ledger from lethe_loader");
  await writeFile(join(data, "staging"), "in the way");
  onTestFinished(() => rm(join(data, "staging")));
  const { code, codes, findings } = await doctor();
  expect(code).toBe(7);
  expect(codes).toEqual(
    expect.arrayContaining([
      ...["database_rights", "folder_foreign", "folder_missing", "job_of_unknown_run"],
      ...["run_without_job", "schedule_missing", "service_missing"],
    ]),
  );
  expect(findings.find((finding) => finding.code === "run_without_job")?.where).toBe(runId);
  for (const { what, where, remedy } of findings) expect([what, where, remedy]).not.toContain("");

  const withoutDatabase = await doctor({ DATABASE_URL: "postgres://somebody:secret@127.0.0.1:1/lethe" });
  expect(withoutDatabase.code).toBe(7);
  expect(withoutDatabase.codes).toEqual(expect.arrayContaining(["database_unreachable", "folder_missing"]));
  expect(JSON.stringify(withoutDatabase.findings)).not.toContain("secret");

  const withoutRedis = await doctor({ REDIS_URL: "redis://:secret@127.0.0.1:1" });
  expect(withoutRedis.codes).toEqual(
    expect.arrayContaining(["database_rights", "folder_foreign", "folder_missing", "redis_unreachable"]),
  );
  expect(withoutRedis.codes).not.toContain("run_without_job");
});

it("tells a new database from one that is not the folder's, and queues that nobody of the installation has used", async () => {
  const empty = await createDatabase(inject("databaseUrl"));
  onTestFinished(() => empty.drop());
  const fresh = await doctor({ DATABASE_URL: empty.url });
  expect(fresh).toMatchObject({ code: 0 });
  expect(fresh.codes).toContain("database_empty");
  await writeFile(join(data, ".lethe-installation"), JSON.stringify({ installation: randomUUID() }));
  onTestFinished(() => rm(join(data, ".lethe-installation")));
  const foreign = await doctor({ DATABASE_URL: empty.url });
  expect(foreign).toMatchObject({ code: 7 });
  expect(foreign.codes).toContain("database_foreign");
  expect(foreign.codes).not.toContain("database_empty");
  expect((await doctor({ LETHE_QUEUE_PREFIX: "another" })).codes).toContain("queues_unknown");
});

it("names a privacy key that cannot be read once", async () => {
  const { codes } = await doctor({ LETHE_PRIVACY_KEY: "zz" });
  expect(codes).toContain("privacy_key_unusable");
  expect(codes).not.toContain("privacy_key_unknown");
});

it("says which right a login lacks that may not look", async () => {
  const name = `weak_${randomUUID().replaceAll("-", "")}`;
  await world.pool.query(`create role ${name} login password 'w'`);
  onTestFinished(async () => void (await world.pool.query(`drop role ${name}`)));
  const url = new URL(world.environment.DATABASE_URL ?? "");
  url.username = name;
  url.password = "w";
  const { codes } = await doctor({ DATABASE_URL: url.href });
  expect(codes).toContain("database_rights");
  expect(codes).not.toContain("database_error");
});
