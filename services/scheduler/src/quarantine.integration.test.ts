import { randomBytes } from "node:crypto";
import { LateAnswerError } from "@lethe/contracts/errors";
import { ROLES, type Role } from "@lethe/contracts/roles";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { keyedHash, parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { planReplays } from "@lethe/quarantine/plan-replays";
import { createApiToken } from "@lethe/warehouse/access/api-tokens";
import { inTransaction } from "@lethe/warehouse/pool";
import { addSubjects, addSuppressions, lockSuppressions, raiseEpoch } from "@lethe/warehouse/suppress-subjects";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

const SETTINGS_TOKEN = "a-token-of-some-length";
const KEY = randomBytes(32).toString("hex");
const RECORD = createDatasets()
  .get("transactions")
  .sample({ customerId: "012345", email: "", word: (field) => `secret ${field}` }) as object;

let world: World;
let scheduler: TestScheduler;
let runId: string;
let fileId: number;
const tokens = new Map<Role, string>();
beforeAll(async () => {
  world = await createWorld({ LETHE_PRIVACY_KEY: KEY });
  scheduler = await world.start({ LETHE_SCHEDULES: "off", LETHE_API_TOKEN: SETTINGS_TOKEN, LETHE_RATE_LIMIT: "0" });
  for (const role of ROLES) tokens.set(role, await createApiToken(world.pool, `a-${role}`, role));
  const { rows } = await world.pool.query<{ runId: string; fileId: number }>(
    `with run as (
       insert into ledger.runs (job, kind, trigger, state) values ('transactions', 'files', 'api', 'succeeded') returning id
     )
     insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
     select 'transactions', 'file', '2020-01-31', 5, sha256('1'), 1, id, 'done' from run
     returning run_id as "runId", id as "fileId"`,
  );
  ({ runId, fileId } = rows[0] ?? { runId: "", fileId: 0 });
});
beforeEach(async () => {
  await world.pool.query(
    "delete from privacy.acts; delete from ledger.quarantine; delete from ledger.runs where kind in ('replay', 'plan')",
  );
});
afterAll(() => world.end());

async function quarantine(columns: Readonly<Record<string, unknown>> = {}): Promise<number> {
  const row = {
    ...{ dataset: "transactions", reason: "unknown_customer", run_id: runId, file_id: fileId, line: 1, message: "" },
    ...{ payload: JSON.stringify(RECORD), missing_key: "012345", subject_customer_id: "012345", ...columns },
  };
  const names = Object.keys(row);
  const { rows } = await world.pool.query<{ id: number }>(
    `insert into ledger.quarantine (${names.join(", ")}) values (${names.map((_, i) => `$${i + 1}`).join(", ")}) returning id`,
    Object.values(row),
  );
  return rows[0]?.id ?? 0;
}

const as = (role: Role) => ({ authorization: `Bearer ${tokens.get(role)}` });
const call = (role: Role, method: string, path: string, body?: unknown) => scheduler.call(method, path, body, as(role));

async function acts() {
  const { rows } = await world.pool.query("select act, acted_by as by, reason from privacy.acts order by id");
  return rows;
}

async function statusOf(id: number) {
  const { rows } = await world.pool.query<{ status: string }>("select status from ledger.quarantine where id = $1", [
    id,
  ]);
  return rows[0]?.status;
}

describe("a look at a record", () => {
  it.each(["viewer", "operator"] as const)("shows a %s what is about nobody, and the key only masked", async (role) => {
    const id = await quarantine();
    const { status, body } = await call(role, "GET", `/quarantine/${id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ isMasked: true, missingKey: "******", message: expect.stringContaining("******") });
    expect(JSON.parse(body.record)).toMatchObject({ purchases: { total_cost: "14.97" }, customer_id: "[masked]" });
    expect(JSON.stringify(body)).not.toMatch(/012345|secret/);
    expect(await acts()).toEqual([]);
  });

  it.each(["privacy-officer", "admin"] as const)("shows a %s the record and the key, and is recorded", async (role) => {
    const id = await quarantine();
    const { body } = await call(role, "GET", `/quarantine/${id}`);
    expect(body).toMatchObject({ isMasked: false, missingKey: "012345", message: expect.stringContaining("012345") });
    expect(JSON.parse(body.record)).toEqual(RECORD);
    expect(await acts()).toEqual([{ act: "viewed", by: `a-${role}`, reason: null }]);
    const { rows } = await world.pool.query("select body from privacy.proof_log order by sequence desc limit 1");
    expect(rows).toEqual([{ body: { act: "viewed", by: `a-${role}`, quarantineId: id } }]);
  });

  it("shows nobody but them what cannot be told apart", async () => {
    const id = await quarantine({
      reason: "unreadable",
      payload: "012345 {",
      missing_key: null,
      subject_customer_id: null,
    });
    expect((await call("operator", "GET", `/quarantine/${id}`)).body.record).toBeNull();
    expect((await call("admin", "GET", `/quarantine/${id}`)).body.record).toBe("012345 {");
  });

  it("names in lists the product that is missing, and no customer", async () => {
    await quarantine();
    await quarantine({ reason: "unknown_sku", missing_key: "4711" });
    const { body } = await call("admin", "GET", "/quarantine?partition=2020-01-31T05");
    expect(body.entries.map((entry: { missingKey: string }) => entry.missingKey)).toEqual(["******", "4711"]);
    expect(JSON.stringify(body)).not.toContain("012345");
    expect((await call("admin", "GET", "/quarantine?partition=2020-01-31T06")).body.entries).toEqual([]);
    expect((await call("admin", "GET", "/quarantine?partition=2020-02-30")).status).toBe(400);
  });
});

describe("a correction", () => {
  const correct = (id: number, body: unknown, role: Role = "operator") =>
    call(role, "POST", `/quarantine/${id}/correct`, body);

  it("records the names of its fields and no value, and opens a replay", async () => {
    const id = await quarantine();
    const answer = await correct(id, { changes: { customer_id: "054321", note: "secret note" } });
    expect(answer).toMatchObject({
      status: 202,
      body: { fields: ["customer_id", "(other)"], run: { job: "transactions", kind: "replay" }, takenBy: "this_run" },
    });
    expect(await acts()).toEqual([{ act: "corrected", by: "a-operator", reason: "changed customer_id, (other)" }]);
    const { rows } = await world.pool.query(
      "select status, subject_customer_id, payload::jsonb, corrects from ledger.quarantine order by id",
    );
    expect(rows).toEqual([
      { status: "superseded", subject_customer_id: "012345", payload: RECORD, corrects: null },
      {
        ...{ status: "open", subject_customer_id: "054321", corrects: id },
        payload: { ...RECORD, customer_id: "054321", note: "secret note" },
      },
    ]);
    expect(world.logged()).not.toMatch(/054321|secret/);
    const log = await world.pool.query("select body::text from privacy.proof_log");
    expect(JSON.stringify(log.rows)).not.toMatch(/054321|secret/);
  });

  it.each([
    ["open", "It was corrected, and waits for its replay."],
    ["replayed", "It was corrected and loaded."],
    ["discarded", "It was corrected."],
  ])("that is %s says so", async (status, message) => {
    const { body } = await correct(await quarantine({ reason: "schema", missing_key: null }), { changes: { a: 1 } });
    const { id } = body as { id: number };
    await world.pool.query(
      "update ledger.quarantine set status = $2, resolved_at = case when $2 <> 'open' then now() end where id = $1",
      [id, status],
    );
    expect((await call("viewer", "GET", `/quarantine/${id}`)).body).toMatchObject({ status, message });
  });

  it.each([
    ["nothing changes", {}, { changes: { customer_id: "012345" } }, 400],
    ["both are given", {}, { changes: {}, record: {} }, 400],
    ["neither is given", {}, {}, 400],
    ["the record is no record", {}, { record: [] }, 400],
    ["a part changes of what is no record", { payload: "{", reason: "unreadable" }, { changes: { a: 1 } }, 400],
    ["it is closed", { status: "replayed" }, { changes: { a: 1 } }, 409],
    ["it is held", { reason: "held" }, { changes: { a: 1 } }, 409],
    ["it is a request", { dataset: "erasure-requests", reason: "schema" }, { changes: { a: 1 } }, 409],
    ["it is a whole file", { payload: null, reason: "unreadable" }, { record: RECORD }, 409],
    ["an erasure has masked it", { subject_customer_id: "erased" }, { changes: { a: 1 } }, 409],
    ["it would be an erased person's", {}, { changes: { customer_id: "erased" } }, 409],
  ])("is refused when %s", async (_, columns, body, status) => {
    const id = await quarantine(columns);
    expect((await correct(id, body)).status).toBe(status);
    expect(await acts()).toEqual([]);
    expect(await world.pool.query("select from ledger.quarantine where corrects is not null")).toMatchObject({
      rowCount: 0,
    });
  });

  it("waits for an erasure that has begun, and then does not bring its person back", async () => {
    const id = await quarantine();
    const key = parsePrivacyKey(KEY);
    let correcting: ReturnType<typeof correct> | undefined;
    await inTransaction(world.pool, async (client) => {
      await lockSuppressions(client);
      correcting = correct(id, { changes: { customer_id: "066666" } });
      await untilSomebodyWaits();
      const subjectId = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";
      await addSubjects(client, [subjectId], "unlink");
      const hash = keyedHash(key, "customer-id", "066666");
      await addSuppressions(client, [{ subjectId, act: "erase", kind: "customer-id", key: hash, keyId: key.id }]);
      await raiseEpoch(client);
    });
    expect(await correcting).toMatchObject({ status: 409, body: { code: "run_state" } });
    expect(await statusOf(id)).toBe("open");
  });

  it("is made once, of two at the same time", async () => {
    const id = await quarantine();
    const answers = await Promise.all(["1", "2"].map((n) => correct(id, { changes: { customer_id: `00000${n}` } })));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
  });
});

async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const { rowCount } = await world.pool.query("select from pg_locks where not granted");
    if (rowCount !== 0) return;
  }
}

describe("records that are discarded", () => {
  it("are closed one by one, once, with the reason and by whom", async () => {
    const id = await quarantine();
    const discard = () => call("operator", "POST", `/quarantine/${id}/discard`, { reason: "case 17" });
    expect((await discard()).status).toBe(204);
    expect(await discard()).toMatchObject({ status: 409, body: { code: "run_state" } });
    expect(await statusOf(id)).toBe("discarded");
    expect(await acts()).toEqual([{ act: "discarded", by: "a-operator", reason: "case 17" }]);
    expect((await call("operator", "POST", `/quarantine/${id}/discard`, {})).status).toBe(400);
  });

  it("are closed by a filter, the oldest first, up to a bound, without those that people decide on", async () => {
    const held = await quarantine({ reason: "held" });
    const ids = [await quarantine(), await quarantine(), await quarantine()];
    const other = await quarantine({ reason: "schema" });
    const body = { filter: { fileId, reason: "unknown_customer" }, limit: 2, reason: "case 18" };
    const first = await call("operator", "POST", "/quarantine/discard", body);
    expect(first).toMatchObject({ status: 200, body: { discarded: 2, left: 1 } });
    expect(await Promise.all([held, ...ids, other].map(statusOf))).toEqual([
      "open",
      "discarded",
      "discarded",
      "open",
      "open",
    ]);
    expect(await acts()).toHaveLength(2);
    const all = await call("operator", "POST", "/quarantine/discard", { filter: {}, reason: "case 19" });
    expect(all.body).toEqual({ discarded: 2, left: 0 });
    expect(await statusOf(held)).toBe("open");
  });

  it("are requests that came before, too, and none that a person decides on", async () => {
    const ofRequest = { dataset: "erasure-requests", payload: '{"customer-id":"p","email":null}', missing_key: null };
    const [one, other] = [
      await quarantine({ ...ofRequest, reason: "duplicate" }),
      await quarantine({ ...ofRequest, reason: "duplicate" }),
    ];
    const due = await quarantine({ ...ofRequest, reason: "identity_mismatch" });
    const discard = (id: number) => call("operator", "POST", `/quarantine/${id}/discard`, { reason: "case 21" });
    expect(
      (await call("operator", "POST", `/quarantine/${one}/correct`, { changes: { email: "a@example.com" } })).status,
    ).toBe(409);
    expect((await discard(one)).status).toBe(204);
    expect(await discard(due)).toMatchObject({ status: 409, body: { code: "run_state" } });
    const all = await call("operator", "POST", "/quarantine/discard", { filter: {}, reason: "case 22" });
    expect(all.body).toEqual({ discarded: 1, left: 0 });
    expect(await Promise.all([one, other, due].map(statusOf))).toEqual(["discarded", "discarded", "open"]);
  });
});

it("replays up to a limit, and what comes later is left", async () => {
  const ids = [await quarantine(), await quarantine(), await quarantine()];
  await call("operator", "POST", "/quarantine/replay", { dataset: "transactions", partition: "2020-01-31", limit: 2 });
  const { rows } = await world.pool.query("select replay_filter from ledger.runs where kind in ('replay', 'plan')");
  expect(rows).toEqual([{ replay_filter: { dataset: "transactions", partition: "2020-01-31", upTo: ids[1] } }]);
});

describe("records that are named one by one", () => {
  it("are replayed and no others", async () => {
    const [first, , third] = [await quarantine(), await quarantine(), await quarantine()];
    const ids = [first, third];
    expect((await call("operator", "POST", "/quarantine/replay", { ids })).status).toBe(202);
    const { rows } = await world.pool.query("select replay_filter from ledger.runs where kind in ('replay', 'plan')");
    expect(rows).toEqual([{ replay_filter: { dataset: "transactions", ids } }]);
  });

  it("are discarded and no others", async () => {
    const ids = [await quarantine(), await quarantine(), await quarantine()];
    const answer = await call("operator", "POST", "/quarantine/discard", {
      filter: { ids: ids.slice(1), reason: "unknown_customer" },
      reason: "case 20",
    });
    expect(answer.body).toEqual({ discarded: 2, left: 0 });
    expect(await Promise.all(ids.map(statusOf))).toEqual(["open", "discarded", "discarded"]);
  });

  it.each([[[]], [[0]], [["1"]], [Array.from({ length: 201 }, (_, i) => i + 1)]])("are refused: %j", async (ids) => {
    expect((await call("operator", "POST", "/quarantine/replay", { ids })).status).toBe(400);
  });
});

it("cancels a plan that the services do not come to in time, and leaves nothing to do", async () => {
  await quarantine();
  const asked: string[] = [];
  const note = (what: string) => async (id: string) => {
    asked.push(`${what} ${id}`);
  };
  const context = { pool: world.pool, datasets: createDatasets(), start: note("start"), finish: note("finish") };
  const planning = planReplays(context, { filter: { dataset: "transactions" }, trigger: "cli", seconds: 0.2 });
  await expect(planning).rejects.toThrow(LateAnswerError);
  const planId = asked[0]?.slice("start ".length);
  expect(asked).toEqual([`start ${planId}`, `finish ${planId}`]);
  expect((await call("viewer", "GET", `/runs/${planId}`)).body).toMatchObject({ kind: "plan", state: "cancelled" });
});
