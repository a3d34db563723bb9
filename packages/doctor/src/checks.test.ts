import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { readPolicy } from "@lethe/privacy/read-policy";
import { openDataFolder } from "@lethe/storage/data-folder";
import { DATABASE_CHECKS } from "@lethe/warehouse/database-checks";
import { describe, expect, it, onTestFinished } from "vitest";
import { clockFindings } from "./check-clocks.js";
import { FOLDER_CHECKS } from "./check-folders.js";
import { POLICY_CHECKS } from "./check-policy.js";
import { agreementFindings } from "./check-work.js";
import { CHECKS } from "./diagnose.js";
import { findingOf } from "./finding.js";

describe("findingOf", () => {
  it("takes a sentence apart into what is wrong and what to do", () => {
    expect(findingOf("error", "some_code", "there", "the disk is full: free space", "nothing")).toEqual({
      severity: "error",
      code: "some_code",
      where: "there",
      what: "the disk is full",
      remedy: "free space",
    });
    expect(findingOf("error", "some_code", "there", "it hangs", "look").remedy).toBe("look");
    expect(findingOf("error", "some_code", "there", "it lacks rights: select on a. Run `b`", "look")).toMatchObject({
      what: "it lacks rights: select on a",
      remedy: "Run `b`",
    });
  });

  it("finds a remedy in what each check of the database says", () => {
    const facts = {
      versionNumber: 140_000,
      version: "14.0",
      encoding: "LATIN1",
      database: "d",
      login: "l",
      isSuperuser: false,
      isStandby: true,
      isReadOnly: true,
      replicationRole: "replica",
      maySetReplicationRole: false,
      maxConnections: 10,
      reservedConnections: 3,
      roleLimit: null,
      databaseLimit: null,
    };
    for (const { code, problem } of DATABASE_CHECKS) {
      expect(findingOf("error", code, "", problem(facts) ?? "", "no remedy").remedy).not.toBe("no remedy");
    }
  });
});

it("has a name of its own for each check", () => {
  expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
});

describe("clockFindings", () => {
  it.each([
    [4_999, undefined],
    [-4_999, undefined],
    [7_400, "its clock is 7 s ahead of this machine's"],
    [-3_600_000, "its clock is 3600 s behind this machine's"],
  ])("judges a clock that is %i ms ahead", (ahead, what) => {
    expect(clockFindings("Redis", 1_000_000, 1_000_000 + ahead)[0]?.what).toBe(what);
  });
});

describe("agreementFindings", () => {
  const job = (columns = {}) => ({
    queue: "load" as const,
    id: "load-b",
    runId: "r",
    batchId: "b",
    isAbandoned: false,
    ...columns,
  });
  const run = { runId: "r", batchIds: ["b"] };
  const known = new Map([["r", true]]);
  const codes = (...args: Parameters<typeof agreementFindings>) => agreementFindings(...args).map(({ code }) => code);

  it("is content where each open batch has a job, and each job a run", () => {
    expect(codes([job()], true, [run], known)).toEqual([]);
    expect(codes([], true, [], new Map())).toEqual([]);
  });

  it("names what has no job, unless not all jobs were read", () => {
    expect(codes([], true, [run], known)).toEqual(["run_without_job", "batch_without_job"]);
    expect(codes([job({ batchId: undefined })], true, [run], known)).toEqual(["batch_without_job"]);
    expect(codes([], false, [run], known)).toEqual([]);
  });

  it("names jobs without a run, of a closed run, and without a worker", () => {
    expect(codes([job()], true, [], new Map())).toEqual(["job_of_unknown_run"]);
    expect(codes([job()], true, [], new Map([["r", false]]))).toEqual(["job_of_closed_run"]);
    expect(codes([job({ queue: "finish" })], true, [], new Map([["r", false]]))).toEqual([]);
    expect(codes([job({ isAbandoned: true })], true, [run], known)).toEqual(["job_stuck"]);
  });
});

describe("FOLDER_CHECKS", () => {
  async function find(path: string) {
    const patient = {
      schedulesOn: true,
      datasets: createDatasets(),
      folder: openDataFolder(path),
      databaseUrl: undefined,
    };
    const found = await Promise.all(FOLDER_CHECKS.map((check) => check.find({} as never, patient)));
    return found.flat().map(({ code, where }) => `${code} ${where.slice(path.length + 1)}`);
  }

  it("name a folder that is missing, and in one that is there each that is in the way or open to others", async () => {
    const root = await mkdtemp(join(tmpdir(), "lethe-doctor-"));
    onTestFinished(() => rm(root, { recursive: true }));
    const data = join(root, "data");
    expect(await find(data)).toEqual(["folder_missing "]);
    await mkdir(data, { mode: 0o700 });
    expect(await find(data)).toEqual([]);
    await writeFile(join(data, "staging"), "a file");
    await symlink("nowhere", join(data, "archived_data"));
    await mkdir(join(data, "claimed"));
    await chmod(join(data, "claimed"), 0o777);
    expect((await find(data)).sort()).toEqual([
      "folder_missing archived_data",
      "folder_missing staging",
      "folder_open_to_others claimed",
    ]);
  });
});

describe("POLICY_CHECKS", () => {
  async function find(setting: { LETHE_POLICY_FILE?: string }) {
    const datasets = createDatasets();
    const patient = { schedulesOn: true, datasets, folder: openDataFolder("/none"), databaseUrl: undefined };
    const resources = { policy: () => readPolicy(setting, datasets.fields) };
    const found = await Promise.all(POLICY_CHECKS.map((check) => check.find(resources as never, patient)));
    return found.flat();
  }

  it("names a policy that is missing, cannot be read, or is wrong, with what to do", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lethe-policy-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "policy.json");
    const missing = await find({ LETHE_POLICY_FILE: file });
    expect(missing).toMatchObject([{ severity: "error", code: "policy_missing", where: "LETHE_POLICY_FILE" }]);
    expect(missing[0]?.remedy).toContain("LETHE_POLICY_FILE");
    expect(await find({ LETHE_POLICY_FILE: folder })).toMatchObject([{ code: "policy_unreadable" }]);
    await writeFile(file, "no JSON");
    expect(await find({ LETHE_POLICY_FILE: file })).toMatchObject([{ code: "policy_invalid" }]);
    await writeFile(file, '{"version":"1","datasets":{}}');
    expect(await find({ LETHE_POLICY_FILE: file })).toMatchObject([{ code: "policy_invalid" }]);
  });

  it("is content with the policy that comes with Lethe", async () => {
    expect(await find({})).toEqual([]);
  });
});
