import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { jobId } from "@lethe/contracts/jobs";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { addFile, addRun } from "../../../packages/warehouse/test/ledger-rows.js";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off" });
});
afterAll(() => world.end());
afterEach(async () => {
  await world.pool.query("truncate ledger.runs cascade");
  await world.flush();
});

const UNKNOWN = "00000000-0000-4000-8000-000000000000";

function expectProblem(answer: Awaited<ReturnType<TestScheduler["call"]>>, status: number, code: string) {
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  expect(answer.body).toMatchObject({ type: "about:blank", title: expect.any(String), status, code });
  expect(answer.status).toBe(status);
}

async function insertQuarantined(dataset: string, reason: string): Promise<string> {
  const { rows } = await world.pool.query<{ id: string }>(
    `with run as (insert into ledger.runs (job, kind, trigger, state) values ($1, 'files', 'api', 'succeeded') returning id),
          file as (insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
                   select $1, $3, '2020-01-01', 5, $4, 10, id, 'done' from run returning id, run_id)
     insert into ledger.quarantine (dataset, reason, run_id, file_id, line, message, payload)
     select $1, $2, run_id, id, 3, 'not there yet', '{"email":"jane@example.org"}' from file returning run_id as id`,
    [dataset, reason, `date=2020-01-01/hour=05/${dataset}.json`, Buffer.from(randomUUID().replaceAll("-", ""))],
  );
  return rows[0]?.id ?? "";
}

describe("POST /jobs/:job/runs", () => {
  it("opens a run in the ledger and puts it into the queues", async () => {
    const answer = await api.call("POST", "/jobs/customers/runs", {
      from: "2020-01-01",
      to: "2020-01-02T05",
      force: true,
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(`/runs/${answer.body.id}`);
    expect(answer.body).toMatchObject({
      job: "customers",
      kind: "files",
      trigger: "api",
      state: "queued",
      from: "2020-01-01",
      to: "2020-01-02T05",
      force: true,
    });
    expect((await api.call("GET", `/runs/${answer.body.id}`)).body).toMatchObject({ id: answer.body.id, notices: [] });
    const { extract, finish } = world.queues.byJob;
    expect((await extract.getJob(jobId.extract(answer.body.id)))?.data).toEqual({ runId: answer.body.id });
    expect(await finish.getJobState(jobId.finish(answer.body.id))).toBe("waiting-children");
  });

  it("needs no body, nor one under a content type", async () => {
    expect((await api.call("POST", "/jobs/products/runs")).status).toBe(202);
    expect((await api.call("POST", "/jobs/customers/runs", "")).status).toBe(202);
  });

  it("answers 409 with the active run", async () => {
    const first = await api.call("POST", "/jobs/customers/runs");
    const second = await api.call("POST", "/jobs/customers/runs");
    expectProblem(second, 409, "run_active");
    expect(second.body.activeRunId).toBe(first.body.id);
  });

  it.each([
    [{ from: "2020-02-30" }, "from must be"],
    [{ to: "2020-01-01T24" }, "to must be"],
    [{ from: "2020-01-01T05T06" }, "from must be"],
    [{ from: "2020-01-02", to: "2020-01-01" }, "from lies after to"],
    [{ from: 20200101 }, "body/from"],
    [{ force: "yes" }, "body/force"],
    [{ since: "2020-01-01" }, "body"],
    [[], "body"],
  ])("answers 400 to %j and names the place alone", async (body, detail) => {
    const answer = await api.call("POST", "/jobs/customers/runs", body);
    expectProblem(answer, 400, "input_invalid");
    expect(answer.body.detail).toContain(detail);
    expect(answer.body.detail).not.toMatch(/2020|yes/);
    expect((await api.call("GET", "/runs")).body.runs).toEqual([]);
  });

  it("answers 404 for a job that does not exist", async () => {
    expectProblem(await api.call("POST", "/jobs/suppliers/runs"), 404, "not_found");
  });
});

describe("POST /jobs/:job/runs/plan", () => {
  it("says what lies in landing, by day, and what nobody takes, and opens no run", async () => {
    const place = path.join(world.data, "landing", "date=2020-01-01", "hour=05");
    await mkdir(place, { recursive: true });
    await mkdir(path.join(world.data, "landing", "date=2020-01-02", "hour=5"), { recursive: true });
    await writeFile(path.join(place, "customers.json"), "{}\n");
    await writeFile(path.join(place, "customers-jane@example.org.xlsx"), "");
    await writeFile(path.join(place, "products.json"), "{}\n");
    const runId = await addRun(world.pool, { state: "succeeded" });
    await addFile(world.pool, runId, { bytes: 3, state: "done" });
    const { status, body } = await api.call("POST", "/jobs/customers/runs/plan", { from: "2020-01-01" });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      job: "customers",
      takes: { files: 1, bytes: 3 },
      known: { files: 1, bytes: 3 },
      byDay: [{ date: "2020-01-01", files: 1, bytes: 3, known: 1 }],
      left: 0,
      otherUnexpected: 0,
    });
    expect(JSON.stringify(body.unexpected)).toContain("file_unknown");
    expect(JSON.stringify(body.unexpected)).not.toContain("jane@example.org");
    expect((await api.call("POST", "/jobs/customers/runs/plan", { from: "2020-01-02" })).body.byDay).toEqual([]);
    expect((await api.call("GET", "/runs?open=true")).body.runs).toEqual([]);
    expectProblem(await api.call("POST", "/jobs/customers/runs/plan", { to: "x" }), 400, "input_invalid");
    expectProblem(await api.call("POST", "/jobs/customers/runs/plan", { force: true }), 400, "input_invalid");
    await rm(path.join(world.data, "landing"), { recursive: true });
    await mkdir(path.join(world.data, "landing"));
  });
});

describe("bodies that cannot be read", () => {
  it("answers 400 to broken JSON without quoting it", async () => {
    const answer = await api.call("POST", "/jobs/customers/runs", '{"from": jane@example.org');
    expectProblem(answer, 400, "input_invalid");
    expect(JSON.stringify(answer.body)).not.toContain("jane");
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/xml"])("answers 415 to %s", async (type) => {
    const answer = await api.call("POST", "/jobs/customers/runs", "{}", { "content-type": type });
    expectProblem(answer, 415, "content_type_unsupported");
  });

  it("answers 413 to a body over 1 MiB, and says so", async () => {
    const answer = await api.call("POST", "/jobs/customers/runs", { from: "x".repeat(1024 * 1024) });
    expectProblem(answer, 413, "body_too_large");
    expect(answer.body.detail).toBe("the body is larger than 1048576 bytes");
  });

  it("answers 400 to a prototype in disguise", async () => {
    expectProblem(await api.call("POST", "/jobs/customers/runs", '{"__proto__":{"force":true}}'), 400, "input_invalid");
  });
});

describe("GET /jobs", () => {
  it("shows each job with its schedule, last run and active run", async () => {
    const { body: run } = await api.call("POST", "/jobs/transactions/runs");
    const { status, body } = await api.call("GET", "/jobs");
    expect(status).toBe(200);
    expect(body.jobs.map(({ job }: { job: string }) => job)).toEqual(createDatasets().names);
    expect(body.jobs[0]).toMatchObject({
      job: "customers",
      schedule: { cron: "0 * * * *", timezone: "Europe/Zagreb", enabled: true, nextAt: null },
      lastRun: null,
      activeRunId: null,
    });
    expect(body.jobs[2]).toMatchObject({ lastRun: { id: run.id, state: "queued" }, activeRunId: run.id });
  });
});

describe("GET /runs", () => {
  it("gives pages, newest first, and filters", async () => {
    const ids: string[] = [];
    for (const job of createDatasets().names) ids.unshift((await api.call("POST", `/jobs/${job}/runs`)).body.id);
    const first = await api.call("GET", "/runs?limit=3");
    expect(first.body.runs.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 3));
    const second = await api.call("GET", `/runs?limit=3&before=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ runs: [{ id: ids[3] }], nextCursor: null });
    expect((await api.call("GET", "/runs?job=products&state=queued")).body.runs).toHaveLength(1);
    expect((await api.call("GET", "/runs?job=products&state=failed")).body.runs).toEqual([]);
    const found = async (query: string) => (await api.call("GET", `/runs?${query}`)).body.runs.length;
    expect(await found("state=failed&state=queued")).toBe(4);
    expect(await found("open=true&kind=files&trigger=api")).toBe(4);
    expect(await found("open=false")).toBe(0);
    expect(await found("kind=replay")).toBe(0);
    expect(await found("requestedFrom=2020-01-01T00:00:00Z")).toBe(4);
    expect(await found("requestedTo=2020-01-01T00:00:00%2B01:00")).toBe(0);
    expect(await found(`id=${ids[0]?.slice(0, 13)}`)).toBe(1);
  });

  it.each([
    ...[
      "limit=0",
      "limit=201",
      "limit=x",
      "state=done",
      "state=failed&state=done",
      "job=suppliers",
      "before=1",
      "page=2",
    ],
    ...["open=", "open=yes", "kind=x", "requestedFrom=yesterday", "id=abc", "id=xyzw", `id=${"0".repeat(33)}`],
  ])("answers 400 to ?%s", async (query) => {
    const answer = await api.call("GET", `/runs?${query}`);
    expectProblem(answer, 400, "input_invalid");
    expect(answer.body.detail).toContain("querystring");
  });

  it.each([
    "0000-01-01T00:00:00Z",
    "2026-01-01T00:00:00+16:00",
    "2026-01-01T00:00:00-23:59",
    `2026-01-01T00:00:00.${"1".repeat(200)}Z`,
  ])("names the field whose instant PostgreSQL does not take: %s", async (instant) => {
    for (const field of ["requestedFrom", "requestedTo"]) {
      const answer = await api.call("GET", `/runs?${field}=${encodeURIComponent(instant)}`);
      expectProblem(answer, 400, "input_invalid");
      expect(answer.body.detail).toContain(`querystring/${field}`);
    }
  });

  it.each([
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+15:59",
    "9999-12-31T23:59:59-15:59",
    "2026-01-01t00:00:00z",
    "2016-12-31T23:59:60Z",
    `2026-01-01T00:00:00.${"1".repeat(40)}Z`,
  ])("takes the instant %s", async (instant) => {
    expect((await api.call("GET", `/runs?requestedFrom=${encodeURIComponent(instant)}`)).status).toBe(200);
  });

  it.each([UNKNOWN, "1", "%00", "%zz"])("answers a problem for run %s", async (id) => {
    const answer = await api.call("GET", `/runs/${id}`);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer.status).toBe(id.startsWith("%") ? 400 : 404);
  });
});

describe("cancel and retry", () => {
  it("cancels an open run, and takes it up again", async () => {
    const { id } = (await api.call("POST", "/jobs/customers/runs")).body;
    const cancelled = await api.call("POST", `/runs/${id}/cancel`);
    expect([cancelled.status, cancelled.body.state]).toEqual([202, "cancelled"]);
    expectProblem(await api.call("POST", `/runs/${id}/cancel`), 409, "run_state");
    await world.flush();
    const retried = await api.call("POST", `/runs/${id}/retry`);
    expect([retried.status, retried.body.state]).toEqual([202, "queued"]);
    expect(await world.queues.byJob.extract.getJobState(jobId.extract(id))).toBe("waiting");
    expectProblem(await api.call("POST", `/runs/${id}/retry`), 409, "run_state");
  });

  it("lets the finish job of a cancelled run tidy up", async () => {
    const { id } = (await api.call("POST", "/jobs/customers/runs")).body;
    await world.flush();
    await api.call("POST", `/runs/${id}/cancel`);
    expect(await world.queues.byJob.finish.getJobState(jobId.finish(id))).toBe("waiting");
  });

  it.each(["cancel", "retry"])("answers 404 to %s of an unknown run", async (action) => {
    expectProblem(await api.call("POST", `/runs/${UNKNOWN}/${action}`), 404, "not_found");
    expectProblem(await api.call("POST", `/runs/x/${action}`), 404, "not_found");
  });
});

describe("PATCH /schedules/:job", () => {
  it("keeps what it is given", async () => {
    const change = { cron: "*/5 2 * * *", timezone: "America/New_York", enabled: false };
    const answer = await api.call("PATCH", "/schedules/products", change);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ job: "products", ...change, nextAt: null });
    const { schedules } = (await api.call("GET", "/schedules")).body;
    expect(schedules.find(({ job }: { job: string }) => job === "products")).toMatchObject(change);
  });

  it.each([
    [{}, "body"],
    [{ cron: "61 * * * *" }, "cron"],
    [{ cron: "* * * *" }, "cron"],
    [{ cron: "0 0 31 2 *" }, "cron"],
    [{ cron: "@daily" }, "cron"],
    [{ timezone: "Mars/Olympus" }, "timezone"],
    [{ enabled: "no" }, "body/enabled"],
    [{ every: 5 }, "body"],
  ])("answers 400 to %j", async (body, detail) => {
    const answer = await api.call("PATCH", "/schedules/customers", body);
    expectProblem(answer, 400, "input_invalid");
    expect(answer.body.detail).toContain(detail);
  });

  it("answers 404 for a job that does not exist", async () => {
    expectProblem(await api.call("PATCH", "/schedules/suppliers", { enabled: false }), 404, "not_found");
  });
});

describe("quarantine", () => {
  it("lists records without their payload, by filter and page", async () => {
    const runId = await insertQuarantined("transactions", "unknown_sku");
    await insertQuarantined("customers", "schema");
    const page = await api.call("GET", "/quarantine?limit=1&status=open");
    expect(page.body.entries).toEqual([
      {
        id: expect.any(Number),
        fileId: expect.any(Number),
        missingKey: null,
        dataset: "transactions",
        reason: "unknown_sku",
        status: "open",
        file: "date=2020-01-01/hour=05/transactions.json",
        line: 3,
        pointer: null,
        message: "not there yet",
        runId,
        createdAt: expect.any(String),
      },
    ]);
    const rest = await api.call("GET", `/quarantine?after=${page.body.nextCursor}`);
    expect(rest.body).toMatchObject({ entries: [{ dataset: "customers" }], nextCursor: null });
    expect((await api.call("GET", `/quarantine?runId=${runId}&reason=unknown_sku`)).body.entries).toHaveLength(1);
    expect((await api.call("GET", "/quarantine?dataset=products")).body.entries).toEqual([]);
    expectProblem(await api.call("GET", "/quarantine?reason=ugly"), 400, "input_invalid");
  });

  it("counts records", async () => {
    await insertQuarantined("customers", "schema");
    await insertQuarantined("customers", "schema");
    const { counts } = (await api.call("GET", "/quarantine/counts")).body;
    expect(counts).toEqual([{ dataset: "customers", reason: "schema", status: "open", records: 2 }]);
  });

  it("replays the datasets that have open records of the filter", async () => {
    await insertQuarantined("transactions", "unknown_sku");
    await insertQuarantined("customers", "schema");
    const answer = await api.call("POST", "/quarantine/replay", { reason: "unknown_sku" });
    expect(answer.status).toBe(202);
    expect(answer.body.runs).toMatchObject([{ job: "transactions", kind: "replay", trigger: "api", state: "queued" }]);
    const runId = answer.body.runs[0].id;
    expect(await world.queues.byJob.extract.getJobState(jobId.extract(runId))).toBe("waiting");
    const { rows } = await world.pool.query("select replay_filter from ledger.runs where id = $1", [runId]);
    expect(rows).toEqual([{ replay_filter: { dataset: "transactions", reason: "unknown_sku" } }]);

    const all = await api.call("POST", "/quarantine/replay");
    expectProblem(all, 409, "run_active");
    expect(all.body.activeRunId).toBe(runId);
    expect((await api.call("GET", "/runs?job=customers&state=queued")).body.runs).toEqual([]);
  });

  it.each([{ dataset: "suppliers" }, { reason: "ugly" }, { runId: "1" }, { all: true }])(
    "answers 400 to %j",
    async (body) => {
      expectProblem(await api.call("POST", "/quarantine/replay", body), 400, "input_invalid");
    },
  );
});

describe("health", () => {
  it("answers", async () => {
    expect(await api.call("GET", "/healthz")).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await api.call("GET", "/readyz")).toMatchObject({
      status: 200,
      body: { ready: true, checks: { database: true, redis: true } },
    });
    const metrics = await api.call("GET", "/metrics");
    expect(metrics.headers.get("content-type")).toContain("text/plain");
    expect(metrics.body).toContain("process_cpu_seconds_total");
  });
});

describe("pages", () => {
  it("serves the API's description and its page", async () => {
    expect((await api.call("GET", "/docs")).body).toContain("swagger-ui");
    expect((await api.call("GET", "/docs/json")).body).toMatchObject({
      openapi: "3.1.0",
      info: { title: "Lethe API" },
    });
  });

  it("serves Bull Board over all queues, read-only", async () => {
    expect((await api.call("GET", "/queues")).body).toContain("<title>Lethe");
    const { queues } = (await api.call("GET", "/queues/api/queues")).body;
    expect(queues.map(({ name }: { name: string }) => name).sort()).toEqual(Object.keys(world.queues.byJob).sort());
    expect(queues.every(({ readOnlyMode }: { readOnlyMode: boolean }) => readOnlyMode)).toBe(true);
    expect((await api.call("PUT", "/queues/api/queues/extract/pause")).status).toBe(405);
    expect(await world.queues.byJob.extract.isPaused()).toBe(false);
  });

  it("answers 404 for what does not exist", async () => {
    expectProblem(await api.call("GET", "/nowhere?email=jane@example.org"), 404, "not_found");
    expectProblem(await api.call("GET", "/runs/"), 404, "not_found");
  });
});
