import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { ReceiptBody } from "@lethe/contracts/erasures";
import { jobId } from "@lethe/contracts/jobs";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { fileRequest } from "@lethe/erasure/file-request";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { createApiToken } from "@lethe/warehouse/access/api-tokens";
import { completeErasure, readReceipt } from "@lethe/warehouse/erasures/receipts";
import { checkReceipt } from "@lethe/warehouse/proof/check-receipt";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Answer, createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

let world: World;
let api: TestScheduler;
beforeAll(async () => {
  world = await createWorld();
  api = await world.start({ LETHE_SCHEDULES: "off" });
});
afterAll(() => world.end());
afterEach(async () => {
  await world.pool.query(
    "truncate ledger.runs, privacy.subjects, privacy.proof_log, privacy.checkpoints, warehouse.customers cascade",
  );
  await world.flush();
});

const UNKNOWN = "00000000-0000-4000-8000-000000000000";
const REQUEST = { customerId: "013000", email: "Ida.Forget@example.org" };
const TRACES = ["013000", "ida.forget"];

function expectProblem(answer: Answer, status: number, code: string) {
  expect(answer.headers.get("content-type")).toContain("application/problem+json");
  expect(answer.body).toMatchObject({ status, code });
  expect(answer.status).toBe(status);
  expectNoTraceIn(JSON.stringify(answer.body));
}

function expectNoTraceIn(text: string) {
  for (const trace of TRACES) expect(text.toLowerCase()).not.toContain(trace);
}

/** Returns the requests that lie in landing, as their files hold them. */
async function filedRequests(): Promise<unknown[]> {
  const landing = join(world.data, "landing");
  const entries = await readdir(landing, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => JSON.parse(await readFile(join(parentPath, name), "utf8"))),
  );
}

async function insertRun(state: string, kind = "files"): Promise<string> {
  const { rows } = await world.pool.query<{ id: string }>(
    "insert into ledger.runs (job, kind, trigger, state) values ('erasure-requests', $1, 'schedule', $2) returning id",
    [kind, state],
  );
  return rows[0]?.id ?? "";
}

async function insertFile(runId: string, fields: { dataset?: string; path?: string; keptPath?: string } = {}) {
  const { dataset = "erasure-requests", keptPath = null } = fields;
  const path = fields.path ?? `date=2022-03-01/hour=01/${dataset}.json`;
  const { rows } = await world.pool.query<{ id: number }>(
    `insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state, kept_path)
     values ($1, $2, '2022-03-01', 1, $3, 10, $4, 'done', $5) returning id`,
    [dataset, path, randomBytes(32), runId, keptPath],
  );
  return rows[0]?.id ?? 0;
}

/** Puts an erasure into the ledger as the loader does, with its suppression; returns its id. */
async function insertErasure(runState = "succeeded"): Promise<string> {
  const runId = await insertRun(runState);
  const fileId = await insertFile(runId);
  const keys = [randomBytes(32), randomBytes(32)];
  const subjects = await world.pool.query<{ id: string }>(
    `with subject as (insert into privacy.subjects (outcome) values ('pseudonymise') returning id),
          identifier as (insert into privacy.suppressions (subject_id, kind, key, key_id)
                         select id, kind, key, 'k' from subject
                         cross join lateral (values ('customer-id', $1::bytea), ('email', $2::bytea)) as i (kind, key))
     select id from subject`,
    keys,
  );
  const { rows } = await world.pool.query<{ id: string }>(
    `insert into warehouse.erasure_requests
       (customer_key, email_key, key_id, pseudonym, pseudonyms, state, policy_version, requested_at, source_file_id, run_id,
        subject_id, outcome)
     values ($1, $2, 'k', 'p_0123', '{p_0123}', 'suppressed', '1', '2022-03-01T01:00:00Z', $3, $4, $5, 'pseudonymise')
     returning id`,
    [...keys, fileId, runId, subjects.rows[0]?.id],
  );
  return rows[0]?.id ?? "";
}

/** Completes an erasure as the loader does. */
async function complete(erasureId: string, changes: Partial<ReceiptBody> = {}) {
  const now = new Date().toISOString();
  const body: ReceiptBody = {
    erasureId,
    pseudonym: "p_0123",
    keyId: "k",
    policyVersion: "1",
    outcome: "pseudonymise",
    found: true,
    requestedAt: "2022-03-01T01:00:00.000Z",
    receivedAt: now,
    suppressedAt: now,
    completedAt: now,
    places: [
      { place: "archived_data", name: "date=2022-03-01/hour=01/customers.json", records: 1, values: 9 },
      { place: "warehouse.customers", name: "", records: 1, values: 9 },
    ],
    vacuumedAt: now,
    scan: { tables: 4, records: 2, files: 1, bytes: 1000, findings: 0 },
    ...changes,
  };
  await completeErasure(world.pool, body);
  return readReceipt(world.pool, erasureId);
}

async function insertMismatch(reason = "identity_mismatch", dataset = "erasure-requests"): Promise<number> {
  const runId = await insertRun("succeeded");
  const { rows } = await world.pool.query<{ id: number }>(
    `insert into ledger.quarantine (dataset, reason, run_id, file_id, line, message, payload, subject_customer_id, subject_email)
     values ($1, $2, $3, $4, 1, 'not theirs', $5, $6, $7) returning id`,
    [
      dataset,
      reason,
      runId,
      await insertFile(runId),
      JSON.stringify({ "customer-id": REQUEST.customerId, email: REQUEST.email }),
      REQUEST.customerId,
      REQUEST.email.toLowerCase(),
    ],
  );
  return rows[0]?.id ?? 0;
}

describe("POST /erasures", () => {
  it("files the request and opens the run that takes it", async () => {
    const answer = await api.call("POST", "/erasures", REQUEST);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({
      run: { job: "erasure-requests", kind: "files", trigger: "api", state: "queued" },
      takenBy: "this_run",
    });
    const runId = answer.body.run.id;
    expect(answer.headers.get("location")).toBe(`/runs/${runId}`);
    expect(await filedRequests()).toEqual([{ "customer-id": REQUEST.customerId, email: REQUEST.email }]);
    expect(await readdir(join(world.data, "incoming"))).toEqual([]);
    expect(await world.queues.byJob.extract.getJobState(jobId.extract(runId))).toBe("waiting");
    expectNoTraceIn(JSON.stringify(answer.body) + world.logged());
    expect(world.logged()).toContain("/erasures");
  });

  it("gives the same request another content each time, so that no plain hash of it can be matched", async () => {
    await Promise.all([api.call("POST", "/erasures", REQUEST), api.call("POST", "/erasures", REQUEST)]);
    const landing = join(world.data, "landing");
    const files = (await readdir(landing, { recursive: true })).filter((path) => path.endsWith(".ndjson"));
    const texts = await Promise.all(files.map((path) => readFile(join(landing, path), "utf8")));
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.length).toBeGreaterThanOrEqual(2);
  });

  it("lets a queued run take the request, and says when the next one will", async () => {
    const first = (await api.call("POST", "/erasures", REQUEST)).body.run.id;
    const queued = await api.call("POST", "/erasures", REQUEST);
    expect(queued).toMatchObject({ status: 202, body: { run: { id: first }, takenBy: "this_run" } });
    await world.pool.query("update ledger.runs set state = 'processing'");
    const late = await api.call("POST", "/erasures", REQUEST);
    expect(late).toMatchObject({ status: 202, body: { run: { id: first }, takenBy: "next_run" } });
    expect(late.headers.get("location")).toBe(`/runs/${first}`);
    await world.pool.query("update ledger.runs set state = 'queued', range_from = '2020-01-01'");
    expect((await api.call("POST", "/erasures", REQUEST)).body.takenBy).toBe("next_run");
  });

  it.each([
    [{ email: REQUEST.email }],
    [{ customerId: REQUEST.customerId }],
    [{ ...REQUEST, customerId: "13000" }],
    [{ ...REQUEST, customerId: "0130001" }],
    [{ ...REQUEST, customerId: "013000\n" }],
    [{ ...REQUEST, customerId: 13000 }],
    [{ ...REQUEST, email: "ida.forget" }],
    [{ ...REQUEST, email: "ida.forget@example.org ida.forget@example.org" }],
    [{ ...REQUEST, email: `${"ida.forget".repeat(40)}@example.org` }],
    [{ ...REQUEST, reason: "ida.forget" }],
    [[REQUEST]],
    ["{"],
    [undefined],
  ])("answers 400 to %j, files nothing and quotes nothing", async (body) => {
    const before = (await filedRequests()).length;
    expectProblem(await api.call("POST", "/erasures", body), 400, "input_invalid");
    expect(await filedRequests()).toHaveLength(before);
    expect((await api.call("GET", "/runs")).body.runs).toEqual([]);
    expectNoTraceIn(world.logged());
  });

  it.each(["dryRun=maybe", "dryrun=true"])("answers 400 to ?%s", async (query) => {
    expectProblem(await api.call("POST", `/erasures?${query}`, REQUEST), 400, "input_invalid");
  });
});

describe("requests that wait", () => {
  it("get a run of their own when the one at work has ended, once", async () => {
    const busy = await insertRun("processing");
    const before = (await filedRequests()).length;
    expect((await api.call("POST", "/erasures", REQUEST)).body.takenBy).toBe("next_run");
    expect(await filedRequests()).toHaveLength(before + 1);
    const waiting = async () => (await api.call("GET", "/runs?job=erasure-requests&state=queued")).body.runs;

    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    expect(await waiting()).toEqual([]);
    await world.pool.query("update ledger.runs set state = 'succeeded' where id = $1", [busy]);
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    const runs = await waiting();
    expect(runs).toMatchObject([{ kind: "files", trigger: "automatic", from: null, to: null }]);
    expect(await world.queues.byJob.extract.getJobState(jobId.extract(runs[0].id))).toBe("waiting");

    // Taken by it, or found odd: either way no run comes again for them.
    const landing = join(world.data, "landing");
    const paths = (await readdir(landing, { recursive: true })).filter((path) => path.endsWith(".ndjson"));
    const [odd, ...taken] = paths;
    for (const path of taken) await insertFile(runs[0].id, { path });
    await world.pool.query(
      "insert into ledger.notices (run_id, code, path, message) values ($1, 'file_forbidden', $2, '')",
      [runs[0].id, odd],
    );
    await world.pool.query("update ledger.runs set state = 'succeeded'");
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    expect(await waiting()).toEqual([]);

    await fileRequest(openFolderStorage(world.data), createDatasets().requests, REQUEST.customerId, REQUEST.email);
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    expect(await waiting()).toHaveLength(1);
  });

  it("are not the retailer's own files, which wait for the schedule", async () => {
    await world.pool.query("delete from ledger.runs");
    await rm(join(world.data, "landing"), { recursive: true, force: true });
    const today = new Date().toISOString().slice(0, 10);
    await mkdir(join(world.data, `landing/date=${today}/hour=00`), { recursive: true });
    await writeFile(join(world.data, `landing/date=${today}/hour=00/erasure-requests.json.gz`), gzipSync("{}"));
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    expect((await api.call("GET", "/runs")).body.runs).toEqual([]);
  });

  it("leave nothing behind where a crash kept them from being handed in", async () => {
    const incoming = join(world.data, "incoming");
    await mkdir(incoming, { recursive: true });
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await writeFile(join(incoming, "old"), "{}");
    await utimes(join(incoming, "old"), twoHoursAgo, twoHoursAgo);
    await writeFile(join(incoming, "new"), "{}");
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    expect(await readdir(incoming)).toEqual(["new"]);
  });
});

describe("erasures that were left by a run that failed", () => {
  it("are resumed by its finish job, when no older run is in the way", async () => {
    const id = await insertErasure("failed");
    const { runId } = (await api.call("GET", `/erasures/${id}`)).body;
    const state = () => world.queues.byJob.finish.getJobState(jobId.finish(runId));
    const older = await insertRun("processing");
    await world.pool.query("update ledger.runs set requested_at = now() - interval '1 hour' where id = $1", [older]);
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    expect(await state()).toBe("unknown");
    await world.pool.query("update ledger.runs set state = 'succeeded' where id = $1", [older]);
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    expect(await state()).toBe("waiting");
  });
});

describe("POST /erasures?dryRun=true", () => {
  it("says what would be reached and changes nothing", async () => {
    const path = "date=2022-03-01/hour=01/customers.json.gz";
    const lines = [
      { id: REQUEST.customerId, email: REQUEST.email },
      { id: "000001", email: "other@example.org" },
    ];
    await mkdir(join(world.data, "archived_data/date=2022-03-01/hour=01"), { recursive: true });
    const archived = join(world.data, "archived_data", path);
    await writeFile(archived, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
    const runId = await insertRun("succeeded");
    const fileId = await insertFile(runId, { dataset: "customers", path, keptPath: path });
    await world.pool.query(
      `insert into warehouse.customers (id, email, source_partition, source_file_id, valid_from)
       values ($1, $2, now(), $3, now()), ('000001', 'other@example.org', now(), $3, now())`,
      [REQUEST.customerId, REQUEST.email.toLowerCase(), fileId],
    );
    const before = await everything(archived);

    const plan = await api.call("POST", "/erasures?dryRun=true", REQUEST);
    expect(plan).toMatchObject({ status: 200 });
    expect(plan.body).toEqual({
      identity: "match",
      places: [
        { place: "warehouse.customers", name: "", records: 1 },
        { place: "archived_data", name: path, records: 1 },
      ],
    });
    const other = await api.call("POST", "/erasures?dryRun=true", { ...REQUEST, email: "somebody@example.org" });
    expect(other.body).toMatchObject({ identity: "mismatch" });
    const unknown = await api.call("POST", "/erasures?dryRun=true", { customerId: "999999", email: "no@example.org" });
    expect(unknown.body).toEqual({ identity: "unknown", places: [] });
    expect(await everything(archived)).toEqual(before);
    expectProblem(await api.call("POST", "/erasures?dryRun=true", { ...REQUEST, email: "" }), 400, "input_invalid");
  });

  /** Every table's checksum, and what lies in the data folder with times and sizes. */
  async function everything(archived: string) {
    const { rows: tables } = await world.pool.query<{ name: string }>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('ledger', 'warehouse', 'privacy') and table_type = 'BASE TABLE'`,
    );
    const sums: Record<string, string> = {};
    for (const { name } of tables) {
      const { rows } = await world.pool.query<{ sum: string }>(
        `select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as sum from ${name} t`,
      );
      sums[name] = rows[0]?.sum ?? "";
    }
    const { mtimeMs, ino, size } = await stat(archived);
    return { sums, file: { mtimeMs, ino, size }, paths: (await readdir(world.data, { recursive: true })).sort() };
  }
});

describe("GET /erasures", () => {
  it("gives pages, newest first, and filters", async () => {
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift(await insertErasure());
    await complete(ids[2] ?? "");
    const first = await api.call("GET", "/erasures?limit=2");
    expect(first.body.erasures.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
    expect(first.body.erasures[0]).toEqual({
      id: ids[0],
      state: "suppressed",
      pseudonym: "p_0123",
      found: false,
      policyVersion: "1",
      outcome: "pseudonymise",
      runId: expect.any(String),
      requestedAt: "2022-03-01T01:00:00.000Z",
      receivedAt: expect.any(String),
      suppressedAt: expect.any(String),
      completedAt: null,
      daysOpen: 0,
      daysLeft: expect.any(Number),
      due: expect.any(String),
      isExtended: false,
      receiptNumber: null,
    });
    const second = await api.call("GET", `/erasures?limit=2&before=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ erasures: [{ id: ids[2], state: "completed" }], nextCursor: null });
    expect((await api.call("GET", "/erasures?state=completed")).body.erasures).toMatchObject([{ id: ids[2] }]);
    const { runId } = first.body.erasures[1];
    expect((await api.call("GET", `/erasures?runId=${runId}`)).body.erasures).toMatchObject([{ id: ids[1] }]);
  });

  it.each(["state=done", "runId=1", "before=1", "limit=0", "limit=201", "email=ida.forget@example.org"])(
    "answers 400 to ?%s",
    async (query) => {
      expectProblem(await api.call("GET", `/erasures?${query}`), 400, "input_invalid");
    },
  );
});

describe("an erasure and its receipt", () => {
  it("are found by the number that is printed on it", async () => {
    const [id, other] = [await insertErasure(), await insertErasure()];
    const { sequence } = await complete(id);
    const { body } = await api.call("GET", `/erasures?receipt=${sequence}`);
    expect(body).toMatchObject({ erasures: [{ id, receiptNumber: sequence }], nextCursor: null });
    expect((await api.call("GET", `/erasures?receipt=${sequence + 1000}`)).body.erasures).toEqual([]);
    expect((await api.call("GET", `/erasures/${other}`)).body.receiptNumber).toBeNull();
  });

  it("has a page to print, which loads nothing and shows what stands in it as text, whatever that is", async () => {
    const hostile = `</code><script>alert(1)</script><img src=x onerror="alert(1)">'&amp;`;
    const id = await insertErasure();
    const { sequence } = await complete(id, {
      ...{ pseudonym: hostile, keyId: hostile, policyVersion: hostile },
      places: [{ place: "archived_data", name: hostile, records: 1, values: 1 }],
    });
    const answer = await api.call("GET", `/erasures/${sequence}/receipt?format=html`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const page: string = answer.body;
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain(`No. ${sequence}`);
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).not.toMatch(/<script|<img|<link|\son\w+="/i);
    expectProblem(await api.call("GET", `/erasures/${id}/receipt?format=pdf`), 400, "input_invalid");
  });

  it("has no receipt before it is completed, and then one that fits its chain", async () => {
    const id = await insertErasure();
    expect(await api.call("GET", `/erasures/${id}`)).toMatchObject({
      status: 200,
      body: { id, state: "suppressed", receipt: null },
    });
    expectProblem(await api.call("GET", `/erasures/${id}/receipt`), 404, "not_found");
    const receipt = await complete(id);
    const answer = await api.call("GET", `/erasures/${id}/receipt`);
    expect(await api.call("GET", `/erasures/${receipt.sequence}/receipt`)).toMatchObject({ body: answer.body });
    expectProblem(await api.call("GET", `/erasures/${receipt.sequence + 1000}/receipt`), 404, "not_found");
    expect(answer).toMatchObject({ status: 200, body: receipt });
    expect(checkReceipt(answer.body, undefined)).toEqual([]);
    const detail = await api.call("GET", `/erasures/${id}`);
    expect(detail.body).toMatchObject({ id, state: "completed", receipt: answer.body });
    expect(checkReceipt(detail.body.receipt, undefined)).toEqual([]);
  });

  it.each([UNKNOWN, "1"])("answers 404 for erasure %s", async (id) => {
    expectProblem(await api.call("GET", `/erasures/${id}`), 404, "not_found");
    expectProblem(await api.call("GET", `/erasures/${id}/receipt`), 404, "not_found");
    expectProblem(await api.call("POST", `/erasures/${id}/lift`, { note: "consent" }), 404, "not_found");
  });
});

describe("POST /erasures/:id/lift", () => {
  it("takes the person off the list, changes its epoch and is logged", async () => {
    const id = await insertErasure();
    expectProblem(await api.call("POST", `/erasures/${id}/lift`, { note: "case 7" }), 409, "run_state");
    const receipt = await complete(id);
    const before = await readSuppressions(world.pool);
    expect(before.identifiers).toHaveLength(2);
    const answer = await api.call("POST", `/erasures/${id}/lift`, { note: "case 7" });
    expect(answer).toMatchObject({ status: 200, body: { id, state: "lifted", receipt } });
    expect(await readSuppressions(world.pool)).toEqual({ epoch: before.epoch + 1, identifiers: [] });
    const { rows } = await world.pool.query("select erasure_id, act, note from privacy.suppression_log");
    expect(rows).toEqual([{ erasure_id: id, act: "lifted", note: "case 7" }]);

    expectProblem(await api.call("POST", `/erasures/${id}/lift`, { note: "case 7" }), 409, "run_state");
    expect((await readSuppressions(world.pool)).epoch).toBe(before.epoch + 1);
  });

  it.each([{}, { note: "" }, { note: "  " }, { note: 7 }, { note: "x".repeat(1_001) }, { note: "x", why: "y" }])(
    "answers 400 to %j",
    async (body) => {
      const id = await insertErasure();
      await complete(id);
      expectProblem(await api.call("POST", `/erasures/${id}/lift`, body), 400, "input_invalid");
      expect((await api.call("GET", `/erasures/${id}`)).body.state).toBe("completed");
    },
  );
});

describe("requests whose email is not the customer's", () => {
  const statusOf = async (id: number) =>
    (
      await world.pool.query<{ status: string; approved: boolean; payload: string }>(
        "select status, approved_at is not null as approved, payload from ledger.quarantine where id = $1",
        [id],
      )
    ).rows[0];

  it("are replayed when a person approves", async () => {
    const id = await insertMismatch();
    const answer = await api.call("POST", `/erasures/requests/${id}/approve`);
    expect(answer).toMatchObject({
      status: 202,
      body: { run: { job: "erasure-requests", kind: "replay", trigger: "api", state: "queued" }, takenBy: "this_run" },
    });
    expect(answer.headers.get("location")).toBe(`/runs/${answer.body.run.id}`);
    expect(await statusOf(id)).toMatchObject({ status: "open", approved: true });
    expect(await world.queues.byJob.extract.getJobState(jobId.extract(answer.body.run.id))).toBe("waiting");
    expectProblem(await api.call("POST", `/erasures/requests/${id}/reject`), 409, "run_state");
  });

  it("are replayed by the next replay, where one is at work", async () => {
    const [first, second] = [await insertMismatch(), await insertMismatch()];
    const { run } = (await api.call("POST", `/erasures/requests/${first}/approve`)).body;
    await world.pool.query("update ledger.runs set state = 'processing' where id = $1", [run.id]);
    expect((await api.call("POST", `/erasures/requests/${second}/approve`)).body).toMatchObject({
      run: { id: run.id },
      takenBy: "next_run",
    });
    await world.pool.query("update ledger.quarantine set status = 'erased' where id = $1", [first]);
    await world.pool.query("update ledger.runs set state = 'succeeded' where id = $1", [run.id]);
    await (await world.start({ LETHE_SCHEDULES: "off" })).stop();
    const { runs } = (await api.call("GET", "/runs?state=queued")).body;
    expect(runs.filter(({ kind }: { kind: string }) => kind === "replay")).toMatchObject([{ trigger: "automatic" }]);
  });

  it("are masked and stay out when a person rejects", async () => {
    const id = await insertMismatch();
    expect((await api.call("POST", `/erasures/requests/${id}/reject`)).status).toBe(204);
    const row = await statusOf(id);
    expect(row).toMatchObject({ status: "discarded", approved: false });
    expectNoTraceIn(row?.payload ?? "");
    expectProblem(await api.call("POST", `/erasures/requests/${id}/reject`), 409, "run_state");
    expectProblem(await api.call("POST", `/erasures/requests/${id}/approve`), 409, "run_state");
    expect((await api.call("GET", "/runs?state=queued")).body.runs).toEqual([]);
  });

  it("wait for a second approval, by another name, with four eyes", async () => {
    const two = await world.start({ LETHE_SCHEDULES: "off", LETHE_FOUR_EYES: "true" });
    const id = await insertMismatch();
    const [first, second] = [
      await createApiToken(world.pool, "first-officer", "privacy-officer"),
      await createApiToken(world.pool, "second-officer", "privacy-officer"),
    ];
    const approve = (token: string) =>
      two.call("POST", `/erasures/requests/${id}/approve`, undefined, { authorization: `Bearer ${token}` });
    const waiting = { status: 202, body: { state: "awaiting second approval", run: null, takenBy: null } };
    expect(await approve(first)).toMatchObject(waiting);
    expect(await approve(first)).toMatchObject(waiting);
    expect(await statusOf(id)).toMatchObject({ approved: false });
    expect((await api.call("GET", "/runs?state=queued")).body.runs).toEqual([]);
    expect(await approve(second)).toMatchObject({ status: 202, body: { state: "approved", run: { kind: "replay" } } });
    expect(await statusOf(id)).toMatchObject({ approved: true });
    await two.stop();
  });

  it("have the name of whoever decided recorded: local where nobody shows a token", async () => {
    const [approved, rejected] = [await insertMismatch(), await insertMismatch()];
    await api.call("POST", `/erasures/requests/${approved}/approve`);
    const token = await createApiToken(world.pool, "desk", "privacy-officer");
    const headers = { authorization: `Bearer ${token}` };
    await api.call("POST", `/erasures/requests/${rejected}/reject`, undefined, headers);
    const { rows } = await world.pool.query("select quarantine_id, act, acted_by from privacy.acts order by id");
    expect(rows).toEqual([
      { quarantine_id: approved, act: "approved", acted_by: "local" },
      { quarantine_id: rejected, act: "rejected", acted_by: "desk" },
    ]);
  });

  it.each(["approve", "reject"])("%s nothing else", async (decision) => {
    const others = [await insertMismatch("duplicate"), await insertMismatch("identity_mismatch", "customers")];
    for (const id of decision === "approve" ? [...others, await insertMismatch("schema")] : others) {
      expectProblem(await api.call("POST", `/erasures/requests/${id}/${decision}`), 404, "not_found");
      expect(await statusOf(id)).toMatchObject({ status: "open", approved: false });
    }
    for (const id of ["999999999", "0", "-1", "1.5", "x", "9007199254740992", randomUUID()]) {
      expectProblem(await api.call("POST", `/erasures/requests/${id}/${decision}`), 404, "not_found");
    }
  });
});

describe("the clock of requests", () => {
  it("runs for each from its arrival until it is answered, and is extended once", async () => {
    const id = String(await insertMismatch("schema"));
    await world.pool.query("update ledger.files set created_at = '2026-01-31T23:30:00+01'");
    const listed = await api.call("GET", "/requests?open=true");
    expect(listed.body.requests).toMatchObject([
      { id, state: "malformed", receivedAt: "2026-01-31T22:30:00.000Z", due: "2026-02-28T22:30:00.000Z" },
    ]);
    expectNoTraceIn(JSON.stringify(listed.body));
    const extend = (reason: unknown) => api.call("POST", `/erasures/requests/${id}/extend`, { reason });
    expectProblem(await extend(" "), 400, "input_invalid");
    expect(await extend("many at once")).toMatchObject({
      status: 200,
      body: { due: "2026-04-30T21:30:00.000Z", isExtended: true, reason: "many at once" },
    });
    expectProblem(await extend("again"), 409, "run_state");
    const reject = await api.call("POST", `/erasures/requests/${id}/reject`, { reason: "case 3" });
    expect(reject.status).toBe(204);
    expect((await api.call("GET", `/requests/${id}`)).body).toMatchObject({
      state: "refused",
      reason: "case 3",
      closedAt: expect.any(String),
      daysLeft: null,
    });
    expect((await api.call("GET", "/requests?open=true")).body.requests).toEqual([]);
    expectProblem(await extend("too late"), 409, "run_state");
    expectProblem(await api.call("GET", `/requests/${UNKNOWN}`), 404, "not_found");
  });
});

describe("metrics of erasures", () => {
  it("say how many are open and how old the oldest is", async () => {
    const values = async () => {
      const { body } = await api.call("GET", "/metrics");
      return Object.fromEntries(
        [...body.matchAll(/^(lethe_erasure\w+)\{[^}]*\} (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
      );
    };
    expect(await values()).toEqual({
      lethe_erasures_open: 0,
      lethe_erasure_oldest_seconds: 0,
    });
    await insertErasure();
    const old = await insertErasure();
    await world.pool.query(
      "update warehouse.erasure_requests set received_at = now() - interval '3 days' where id = $1",
      [old],
    );
    // Figures are a second old at most.
    const open = async () => (await values()).lethe_erasures_open;
    await expect.poll(open, { timeout: 5_000 }).toBe(2);
    const DAY = 24 * 60 * 60;
    const { lethe_erasure_oldest_seconds: oldest, lethe_erasure_left_seconds: left } = await values();
    expect((oldest ?? 0) / DAY).toBeCloseTo(3, 2);
    // A month has 28 to 31 days.
    expect((left ?? 0) / DAY).toBeGreaterThan(24.9);
    expect((left ?? 0) / DAY).toBeLessThan(28.1);
    await complete(old);
    await expect.poll(open, { timeout: 5_000 }).toBe(1);
    for (const reason of ["schema", "unreadable", "identity_mismatch"]) await insertMismatch(reason);
    await insertMismatch("duplicate");
    await insertMismatch("schema", "customers");
    await expect.poll(open, { timeout: 5_000 }).toBe(4);
  });
});
