import { lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { jobId } from "@lethe/contracts/jobs";
import { parsePrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import type { JobHandler } from "@lethe/service-kit/worker";
import { createApiToken, revokeApiToken } from "@lethe/warehouse/access/api-tokens";
import { listRuns } from "@lethe/warehouse/ledger/read-runs";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CliResult, type CliWorld, createCliWorld, extractNothing } from "../../test/cli-fixture.js";
import { complete, insertCustomer, insertErasure, insertMismatch } from "../../test/erasure-fixture.js";

const IDA = { customerId: "013000", email: "ida.forget@example.org" };
const BEN = { customerId: "013001", email: "ben.keep@example.org" };
const REQUEST = JSON.stringify({ "customer-id": IDA.customerId, email: IDA.email });
const SECRET = "11".repeat(32);
const KEY = parsePrivacyKey(SECRET);
const UNKNOWN = "00000000-0000-4000-8000-000000000000";

let world: CliWorld;
let data: string;
beforeAll(async () => {
  world = await createCliWorld();
});
beforeEach(async () => {
  data = await mkdtemp(path.join(tmpdir(), "lethe-erasure-"));
  await writeFile(path.join(data, "privacy.key"), `${SECRET}\n`, { mode: 0o600 });
});
afterEach(async () => {
  await world.quiet();
  await world.pool.query(
    "truncate ledger.runs, privacy.subjects, privacy.proof_log, privacy.checkpoints, warehouse.customers cascade",
  );
  await rm(data, { recursive: true });
});
afterAll(() => world.end());

async function erasure(
  args: readonly string[],
  options: { stdin?: string; environment?: Record<string, string> } = {},
) {
  const environment = { DATA_DIR: data, ...options.environment };
  const result = await world.lethe(["erasure", ...args], { ...options, environment });
  return { ...result, text: result.out.join("\n"), notes: result.err.join("\n") };
}

/** Takes what lies in landing, as an extractor does. */
function takingFrom(data: string, meanwhile?: (runId: string) => Promise<void>): JobHandler<"extract"> {
  return {
    handle: async ({ runId }) => {
      await rm(path.join(data, "landing"), { recursive: true });
      await meanwhile?.(runId);
      return extractNothing(world.pool, runId);
    },
  };
}

function expectNoTraceIn({ out, err }: CliResult) {
  expect([...out, ...err].join("\n").toLowerCase()).not.toMatch(/013000|ida\.forget/);
}

async function filedRequests(): Promise<unknown[]> {
  const entries = await readdir(path.join(data, "landing"), { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => JSON.parse(await readFile(path.join(parentPath, name), "utf8"))),
  );
}

async function queuedRuns() {
  const { runs } = await listRuns(world.pool, { limit: 100 });
  return runs.filter(({ state }) => state === "queued");
}

async function archive(relative: string, records: readonly unknown[]): Promise<void> {
  const file = path.join(data, "archived_data", relative);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, gzipSync(records.map((record) => `${JSON.stringify(record)}\n`).join("")));
}

/** Three completed erasures; returns their ids in the order of their receipts. */
async function threeReceipts(): Promise<[string, string, string]> {
  const [first, second, third] = [
    await insertErasure(world.pool, IDA, KEY),
    await insertErasure(world.pool, { customerId: "013002", email: "b@example.org" }, KEY),
    await insertErasure(world.pool, { customerId: "013003", email: "c@example.org" }, KEY),
  ];
  for (const { id } of [first, second, third]) await complete(world.pool, id);
  return [first.id, second.id, third.id];
}

describe("lethe erasure request", () => {
  it("hands the request in and opens the run that takes it, and repeats nothing of it", async () => {
    const result = await erasure(["request"], { stdin: REQUEST });
    expect(result.code, result.notes).toBe(0);
    const [run] = await queuedRuns();
    expect(run).toMatchObject({ job: "erasure-requests", kind: "files", trigger: "cli", from: null });
    expect(result.out).toEqual([`erasure-requests ${run?.id}`]);
    expect(await filedRequests()).toEqual([{ "customer-id": IDA.customerId, email: IDA.email }]);
    expect(await world.queues.byJob.extract.getJobState(jobId.extract(run?.id ?? ""))).toBe("waiting");
    expectNoTraceIn(result);
  });

  it("keeps the request when another run is at work, and says so with 4", async () => {
    const file = path.join(data, "request.json");
    await writeFile(file, REQUEST);
    await erasure(["request", "--file", file]);
    const result = await erasure(["request", "--file", file]);
    expect(result.code).toBe(4);
    expect(result.notes).toMatch(/already has an active run[\s\S]*taken by the next run/);
    expect(await filedRequests()).toHaveLength(2);
    expect(await queuedRuns()).toHaveLength(1);
  });

  it.each([
    ["the request is wrong", '{"customer-id": "13000", "email": "ida.forget@example.org"}', {}, 2],
    ["there is none", "", {}, 2],
    ["Redis does not answer", REQUEST, { REDIS_URL: "redis://127.0.0.1:1" }, 3],
  ])("hands nothing in when %s", async (_, stdin, environment, code) => {
    const result = await erasure(["request"], { stdin, environment });
    expect(result.code).toBe(code);
    expect(await filedRequests()).toEqual([]);
    expect(await queuedRuns()).toEqual([]);
    expectNoTraceIn(result);
  });

  it("does not pass for done when no service has seen it", async () => {
    await world.startWorkers();
    const result = await erasure(["request", "--follow"], { stdin: REQUEST });
    expect(result.code).toBe(1);
    expect(result.text).toMatch(/erasure-requests +succeeded/);
    expect(result.notes).toContain("no run has seen the request: is DATA_DIR the folder that the services work on?");
  });

  it("is done when a run has taken it from landing, whatever name the ledger gives it", async () => {
    await world.startWorkers(takingFrom(data));
    const result = await erasure(["request", "--follow"], { stdin: REQUEST });
    expect(result.notes).not.toContain("no run has seen");
    expect(result.code, result.notes).toBe(0);
  });

  it("prints one object of JSON, followed or not, that holds nothing of the request", async () => {
    const opened = await erasure(["request", "--json"], { stdin: REQUEST });
    const [run] = await queuedRuns();
    expect(opened.out.map((line) => JSON.parse(line))).toMatchObject([
      { path: expect.stringMatching(/^date=/), runs: [{ id: run?.id, state: "queued" }] },
    ]);
    await world.startWorkers(takingFrom(data));
    const followed = await erasure(["request", "--follow", "--json"], { stdin: REQUEST });
    expect(followed.code, followed.notes).toBe(0);
    const [answer] = followed.out.map((line) => JSON.parse(line));
    expect(answer).toMatchObject({ erasures: [] });
    expect(answer.runs.at(-1)).toMatchObject({ job: "erasure-requests", state: "succeeded" });
    for (const result of [opened, followed]) expectNoTraceIn(result);
  });

  it("names the entry that a person decides on where the email is another's", async () => {
    let entryId = 0;
    await world.startWorkers(
      takingFrom(data, async (runId) => {
        await insertMismatch(world.pool, BEN);
        entryId = await insertMismatch(world.pool, IDA);
        await world.pool.query("update ledger.quarantine set run_id = $1", [runId]);
      }),
    );
    const result = await erasure(["request", "--follow"], { stdin: REQUEST });
    expect(result.code).toBe(1);
    expect(result.notes).toContain(`\`lethe erasure approve ${entryId}\``);
    expectNoTraceIn(result);
  });
});

describe("lethe erasure plan", () => {
  it("says whose email it is and what would be reached, and changes nothing", async () => {
    const archived = "date=2022-03-01/hour=01/customers.json.gz";
    await archive(archived, [
      { id: IDA.customerId, email: IDA.email },
      { id: BEN.customerId, email: BEN.email },
    ]);
    await insertCustomer(world.pool, IDA, archived);
    const before = await readFile(path.join(data, "archived_data", archived));
    const result = await erasure(["plan", "--json"], { stdin: REQUEST });
    expect(result.code, result.notes).toBe(0);
    expect(JSON.parse(result.text)).toEqual({
      identity: "match",
      places: [
        { place: "warehouse.customers", name: "", records: 1 },
        { place: "archived_data", name: archived, records: 1 },
      ],
    });
    const other = JSON.stringify({ "customer-id": IDA.customerId, email: BEN.email });
    expect((await erasure(["plan"], { stdin: other })).text).toContain("The email is not the customer's");
    expect(await readFile(path.join(data, "archived_data", archived))).toEqual(before);
    expect(await filedRequests()).toEqual([]);
    expect(await queuedRuns()).toEqual([]);
    expect((await readSuppressions(world.pool)).identifiers).toEqual([]);
  });
});

describe("lethe erasure list and show", () => {
  it("give erasures with days and receipts, newest first, by page and by state", async () => {
    const ids = await threeReceipts();
    const open = await insertErasure(world.pool, BEN, KEY);
    const all = await erasure(["list"]);
    expect(all.text).toMatch(
      new RegExp(`^${open.id} +suppressed .* <0\\.01 +(28|29|30|31)\\.0 +\\S+ \\S+ CES?T$`, "m"),
    );
    expect(all.text).toMatch(new RegExp(`^${ids[1]} +completed .* <0\\.01 +\\S+ \\S+ CES?T +5$`, "m"));
    const json = await erasure(["list", "--state", "completed", "--json"]);
    expect(json.out.map((line) => JSON.parse(line).id)).toEqual(ids.toReversed());
    const page = await erasure(["list", "--limit", "1"]);
    expect(page.notes).toBe(`there are more; go on with --before ${open.id}`);
    const next = await erasure(["list", "--limit", "1", "--before", open.id, "--json"]);
    expect(next.out.map((line) => JSON.parse(line).id)).toEqual([ids[2]]);
    expect((await erasure(["list", "--state", "lifted"])).out).toEqual(["no such erasure"]);
    for (const result of [all, json]) expectNoTraceIn(result);
  });

  it("show one, before and after it is completed", async () => {
    const { id } = await insertErasure(world.pool, IDA, KEY);
    await world.pool.query(
      "insert into privacy.erasure_places values ($1, 'archived_data', 'date=2022-03-01/hour=01/a.json', 1, 9)",
      [id],
    );
    const before = await erasure(["show", id]);
    expect(before.text).toMatch(
      /completed +not yet[\s\S]*receipt +not yet[\s\S]*archived_data\/date=\S+\/a\.json +1 +9$/,
    );
    const receipt = await complete(world.pool, id);
    expect((await erasure(["show", id])).text).toMatch(/receipt +number 2$/m);
    expect(await erasure(["show", "2"])).toEqual(await erasure(["show", id]));
    expect(await erasure(["show", "1"])).toMatchObject({ code: 2, out: [] });
    const json = JSON.parse((await erasure(["show", id, "--json"])).text);
    expect(json).toMatchObject({ id, state: "completed", pseudonym: pseudonym(KEY, IDA.customerId), receipt });
  });

  it("exit with 2 for an erasure that is not there", async () => {
    for (const command of ["show", "receipt"]) expect((await erasure([command, UNKNOWN])).code).toBe(2);
    const { id } = await insertErasure(world.pool, IDA, KEY);
    expect(await erasure(["receipt", id])).toMatchObject({ code: 2, out: [] });
  });
});

describe("lethe erasure receipt and export", () => {
  it("give what verify takes without a database", async () => {
    const ids = await threeReceipts();
    const offline = { DATABASE_URL: "", REDIS_URL: "", DATA_DIR: "/nonexistent" };
    const [one, all] = [path.join(data, "one.json"), path.join(data, "all.ndjson")];
    await writeFile(one, (await erasure(["receipt", ids[1], "--json"])).text);
    expect(await erasure(["export", "--out", all])).toMatchObject({ code: 0, out: [] });
    expect((await erasure(["export"])).text).toBe((await readFile(all, "utf8")).trim());

    expect(await erasure(["verify", "--receipts", one], { environment: offline })).toMatchObject({ code: 0 });
    const whole = await erasure(["verify", "--receipts", all], { environment: offline });
    expect(whole.code).toBe(0);
    expect(whole.text).toBe(
      "3 receipts: the log is whole\nSignatures were not checked: give --public-key.\nnot yet under a signature: 6 entries",
    );

    await writeFile(all, (await readFile(all, "utf8")).replace(ids[1], UNKNOWN));
    const tampered = await erasure(["verify", "--receipts", all, "--json"], { environment: offline });
    expect(tampered.code).toBe(1);
    expect(JSON.parse(tampered.text)).toEqual({
      ...{ receipts: 3, entries: 6, checkpoints: 0, unsigned: 6 },
      faults: [`entry 5 (erasure ${UNKNOWN}): its content does not fit its hash`],
    });
  });

  it("write a page, and say where it cannot be written", async () => {
    const [id] = await threeReceipts();
    const page = path.join(data, "receipt.html");
    expect(await erasure(["receipt", id, "--html", page])).toMatchObject({ code: 0, out: [] });
    expect(await readFile(page, "utf8")).toContain(`<code>${id}</code>`);
    const receipt = await erasure(["receipt", id]);
    expect(receipt.text).toContain("receipt       number 4");
    expect(await erasure(["receipt", "4"])).toEqual(receipt);
    expect(await erasure(["receipt", "1"])).toMatchObject({ code: 2, out: [] });
    expect((await erasure(["receipt", id, "--html", path.join(data, "no/where.html")])).code).toBe(2);
    expect((await readdir(data)).sort()).toEqual(["privacy.key", "receipt.html"]);
  });
});

describe("a result's file that is a symbolic link", () => {
  it("is replaced, and what it leads to stays as it is", async () => {
    const [id] = await threeReceipts();
    const [kept, link] = [path.join(data, "kept"), path.join(data, "link")];
    for (const command of [
      ["export", "--out", link],
      ["receipt", id, "--html", link],
    ]) {
      await writeFile(kept, "mine");
      await symlink(kept, link);
      expect((await erasure(command)).code).toBe(0);
      expect(await readFile(kept, "utf8")).toBe("mine");
      expect((await lstat(link)).isFile()).toBe(true);
      await rm(link);
    }
    await rm(kept);
  });
});

describe("lethe erasure verify", () => {
  const archived = "date=2022-03-01/hour=01/customers.json.gz";

  it("is content when the chain is whole and nobody is found", async () => {
    await threeReceipts();
    await archive(archived, [{ id: BEN.customerId, email: BEN.email }]);
    await insertCustomer(world.pool, BEN, archived);
    const result = await erasure(["verify"]);
    expect(result.code, result.text + result.notes).toBe(0);
    expect(result.text).toMatch(
      /^3 receipts: the log is whole\nnot yet under a signature: \d entries\n.*nothing of an erased person is there$/,
    );
  });

  it("names a receipt that was changed in the database, or taken out of it", async () => {
    const ids = await threeReceipts();
    await world.pool.query(
      `update privacy.proof_log set body = jsonb_set(body, '{completedAt}', '"2022-03-01T00:00:00.000Z"') where sequence = 5`,
    );
    const changed = await erasure(["verify"]);
    expect(changed.code).toBe(1);
    expect(changed.text).toContain(`entry 5 (erasure ${ids[1]}): its content does not fit its hash`);
    const json = JSON.parse((await erasure(["verify", "--json"])).text);
    expect(json.faults).toMatchObject([{ sequence: 5, erasureId: ids[1], fault: "its content does not fit its hash" }]);

    await world.pool.query("delete from privacy.proof_log where sequence = 5");
    const missing = await erasure(["verify"]);
    expect(missing.code).toBe(1);
    expect(missing.text).toContain(`entry 6 (erasure ${ids[2]}): an entry before it is missing`);
  });

  it("names the places that still hold somebody, in plain words and without saying whom", async () => {
    await threeReceipts();
    await archive(archived, [
      { id: IDA.customerId, email: IDA.email },
      { id: BEN.customerId, email: BEN.email },
    ]);
    await insertCustomer(world.pool, IDA, archived);
    const result = await erasure(["verify"]);
    expect(result.code).toBe(1);
    expect(result.text).toMatch(
      /still in 2 places\n {2}warehouse\.customers: 1 record\n {2}archived_data\/date=.*: 1 record$/,
    );
    expectNoTraceIn(result);
  });

  it("does not pass for content when it could not look", async () => {
    await insertCustomer(world.pool, BEN, archived);
    const nothing = await erasure(["verify"]);
    expect(nothing).toMatchObject({ code: 2, out: [] });
    expect(nothing.notes).toContain("nothing could be looked through");
    await insertErasure(world.pool, IDA, parsePrivacyKey("22".repeat(32)));
    await archive(archived, [{ id: BEN.customerId, email: BEN.email }]);
    expect(await erasure(["verify"])).toMatchObject({ code: 2, out: [] });
    expect((await erasure(["verify"], { environment: { DATA_DIR: "/nonexistent" } })).code).toBe(2);
    expect((await erasure(["verify"], { environment: { LETHE_POLICY_FILE: "/nonexistent" } })).code).toBe(2);
  });
});

describe("a request whose email is not the customer's", () => {
  const statusOf = async (id: number) =>
    (
      await world.pool.query(
        "select status, approved_at is not null as approved, payload from ledger.quarantine where id = $1",
        [id],
      )
    ).rows[0];

  it("is replayed when a person approves", async () => {
    const id = await insertMismatch(world.pool, IDA);
    const result = await erasure(["approve", String(id)]);
    expect(result.code, result.notes).toBe(0);
    const [run] = await queuedRuns();
    expect(run).toMatchObject({ job: "erasure-requests", kind: "replay", trigger: "cli" });
    expect(result.out).toEqual([`erasure-requests ${run?.id}`]);
    expect(await statusOf(id)).toMatchObject({ status: "open", approved: true });
    const second = await insertMismatch(world.pool, BEN);
    expect((await erasure(["approve", String(second)])).code).toBe(4);
    expect(await statusOf(second)).toMatchObject({ approved: true });
    expectNoTraceIn(result);
  });

  it("needs two people with four eyes, and has their names recorded", async () => {
    const id = await insertMismatch(world.pool, IDA);
    const environment = { LETHE_FOUR_EYES: "true" };
    const first = await erasure(["approve", String(id)], { environment });
    expect(first).toMatchObject({ code: 0, out: [expect.stringContaining("awaiting second approval")] });
    expect((await erasure(["approve", String(id)], { environment })).text).toContain("awaiting second approval");
    expect(await statusOf(id)).toMatchObject({ approved: false });
    const viewer = await createApiToken(world.pool, "a-viewer", "viewer");
    const refused = await erasure(["approve", String(id)], {
      environment: { ...environment, LETHE_API_TOKEN: viewer },
    });
    expect(refused).toMatchObject({ code: 2, out: [] });
    const officer = await createApiToken(world.pool, "an-officer", "privacy-officer");
    const second = await erasure(["approve", String(id)], {
      environment: { ...environment, LETHE_API_TOKEN: officer },
    });
    expect(second.code, second.notes).toBe(0);
    expect(await statusOf(id)).toMatchObject({ approved: true });
    const { rows } = await world.pool.query(
      "select act, acted_by from privacy.acts where quarantine_id = $1 order by id",
      [id],
    );
    expect(rows.map(({ act, acted_by }) => `${act} ${acted_by}`)).toEqual([
      "approved command-line",
      "approved command-line",
      "approved an-officer",
    ]);
    await revokeApiToken(world.pool, "an-officer");
    const revoked = await erasure(["reject", String(id)], { environment: { LETHE_API_TOKEN: officer } });
    expect(revoked.code).toBe(2);
    expect(revoked.notes).toContain("revoked");
  });

  it("is followed to the replay's end", async () => {
    await world.startWorkers();
    const id = await insertMismatch(world.pool, IDA);
    const result = await erasure(["approve", String(id), "--follow"]);
    expect(result.code, result.notes).toBe(0);
    expect(result.text).toMatch(/erasure-requests \(replay\) +succeeded/);
  });

  it("is masked and stays out when a person rejects, and cannot be decided twice", async () => {
    const id = await insertMismatch(world.pool, IDA);
    expect(await erasure(["reject", String(id)])).toMatchObject({ code: 0 });
    const row = await statusOf(id);
    expect(row).toMatchObject({ status: "discarded", approved: false });
    expect(row.payload).not.toContain(IDA.email);
    for (const decision of ["approve", "reject"]) expect((await erasure([decision, String(id)])).code).toBe(2);
    expect((await erasure(["approve", "999999999"])).code).toBe(2);
    expect(await queuedRuns()).toEqual([]);
  });
});

describe("lethe erasure requests", () => {
  it("lists what is not answered, extends it once and refuses it with a reason", async () => {
    const id = String(await insertMismatch(world.pool, IDA));
    const taken = await insertErasure(world.pool, BEN, KEY);
    const listed = await erasure(["requests", "--open", "--json"]);
    const requests = listed.out.map((line) => JSON.parse(line));
    expect(requests.map((request) => [request.id, request.state])).toEqual(
      expect.arrayContaining([
        [id, "undecided"],
        [taken.id, "suppressed"],
      ]),
    );
    expectNoTraceIn(listed);
    expect((await erasure(["requests"])).text).toMatch(
      new RegExp(`^${id} +undecided +\\S+ \\S+ CES?T +\\S+ \\S+ CES?T +no`, "m"),
    );
    expect((await erasure(["extend", id])).code).toBe(2);
    const extended = await erasure(["extend", id, "--reason", "many requests at once"]);
    expect(extended).toMatchObject({ code: 0, out: [expect.stringMatching(/must be answered by \d{4}-\d\d-\d\d$/)] });
    expect((await erasure(["extend", id, "--reason", "again"])).code).toBe(2);
    expect((await erasure(["reject", id, "--reason", "case 9: not the person"])).code).toBe(0);
    const refused = await erasure(["requests", "--state", "refused", "--json"]);
    expect(JSON.parse(refused.out[0] ?? "")).toMatchObject({ id, reason: "case 9: not the person", daysLeft: null });
  });
});

describe("lethe erasure lift", () => {
  it("takes the person of a completed erasure off the list, and logs the note", async () => {
    const { id } = await insertErasure(world.pool, IDA, KEY);
    expect((await erasure(["lift", id, "--note", "case 7"])).code).toBe(2);
    await complete(world.pool, id);
    expect(await erasure(["lift", id, "--note", "case 7"])).toMatchObject({ code: 0 });
    expect((await readSuppressions(world.pool)).identifiers).toEqual([]);
    const { rows } = await world.pool.query("select erasure_id, act, note from privacy.suppression_log");
    expect(rows).toEqual([{ erasure_id: id, act: "lifted", note: "case 7" }]);
    expect((await erasure(["lift", id, "--note", "case 7"])).code).toBe(2);
    expect((await erasure(["lift", UNKNOWN, "--note", "case 7"])).code).toBe(2);
  });
});

describe("lethe keys", () => {
  const keys = async (args: readonly string[], environment: Record<string, string> = {}) => {
    const result = await world.lethe(["keys", ...args], { environment: { DATA_DIR: data, ...environment } });
    return { ...result, text: result.out.join("\n") };
  };

  it("lists ids and what they are needed for, and after a rotation the new one first; never a key", async () => {
    await insertErasure(world.pool, IDA, KEY);
    const rotated = await keys(["rotate"]);
    expect(rotated.code, rotated.err.join("\n")).toBe(0);
    expect(rotated.err.join("\n")).toMatch(/Restart all services[\s\S]*Leave the old lines/);
    const [newest, oldest] = (await readFile(path.join(data, "privacy.key"), "utf8")).trim().split("\n");
    expect(oldest).toBe(SECRET);
    const { id } = parsePrivacyKey(newest ?? "");
    const listed = await keys(["list"]);
    expect(listed.code).toBe(0);
    expect(listed.text).toMatch(new RegExp(`^${id} +in use +0\n${KEY.id} +kept +1$`, "m"));
    for (const { out, err } of [rotated, listed]) {
      for (const secret of [newest, oldest]) expect([...out, ...err].join("\n")).not.toContain(secret);
    }
    // Those who were suppressed with the old key are still looked for.
    await insertCustomer(world.pool, IDA, "date=2022-03-01/hour=01/customers.json");
    await mkdir(path.join(data, "archived_data/date=2022-03-01/hour=01"), { recursive: true });
    await writeFile(path.join(data, "archived_data/date=2022-03-01/hour=01/customers.json"), "{}\n");
    expect((await erasure(["verify"])).code).toBe(1);
  });

  it("exits with 1 when suppressions need a key that is not there", async () => {
    const other = parsePrivacyKey("22".repeat(32));
    await insertErasure(world.pool, IDA, other);
    const { code, out } = await keys(["list", "--json"]);
    expect(code).toBe(1);
    expect(out.map((line) => JSON.parse(line))).toEqual([
      { id: KEY.id, state: "in use", suppressions: 0, since: null },
      { id: other.id, state: "missing", suppressions: 1, since: expect.any(String) },
    ]);
  });

  it("makes, publishes and rotates the key that signs, and prints nothing that is secret", async () => {
    const file = path.join(data, "signing.key");
    expect((await keys(["public"])).code).toBe(2);
    expect((await keys(["signing", "--out", file])).code).toBe(0);
    expect((await keys(["signing", "--out", file])).err.join("\n")).toContain("a key is never replaced");
    const before = await keys(["public"]);
    const secret = await readFile(file, "utf8");
    const rotated = await keys(["rotate", "--signing"]);
    expect(rotated.code, rotated.err.join("\n")).toBe(0);
    const after = await keys(["public"]);
    expect(after.text.match(/BEGIN PUBLIC KEY/g)).toHaveLength(2);
    expect(after.text.endsWith(before.text)).toBe(true);
    expect((await readFile(file, "utf8")).match(/BEGIN PRIVATE KEY/g)).toHaveLength(1);
    const recovery = await keys(["recovery", "--out", path.join(data, "recovery.key")]);
    expect(recovery.text).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    const said = [before, rotated, after, recovery].flatMap(({ out, err }) => [...out, ...err]).join("\n");
    expect(said).not.toContain("PRIVATE KEY");
    expect(said).not.toContain(secret.split("\n")[1]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("rotates no key that the setting itself holds", async () => {
    const { code, err } = await keys(["rotate"], { LETHE_PRIVACY_KEY: SECRET });
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("LETHE_PRIVACY_KEY_FILE");
    expect(err.join("\n")).not.toContain(SECRET);
    expect(await readFile(path.join(data, "privacy.key"), "utf8")).toBe(`${SECRET}\n`);
  });
});

describe("lethe status", () => {
  it("shows open requests with the days that are left, the oldest first", async () => {
    await threeReceipts();
    const newer = await insertErasure(world.pool, BEN, KEY);
    const older = await insertErasure(world.pool, { customerId: "013004", email: "d@example.org" }, KEY);
    await world.pool.query(
      "update warehouse.erasure_requests set received_at = now() - interval '90 days' where id = $1",
      [older.id],
    );
    const { out } = await world.lethe(["status"]);
    const late = new RegExp(
      `open requests, the oldest first\\n  ${older.id} \\(suppressed\\): 90.0 days open, due \\S+, [\\d.]+ late\\n` +
        `  ${newer.id} \\(suppressed\\): <0.01 days open, due \\S+, (28|29|30|31).0 left`,
    );
    expect(out.join("\n")).toMatch(late);
    const json = await world.lethe(["status", "--json"]);
    const ofJob = json.out.map((line) => JSON.parse(line)).find(({ job }) => job === "erasure-requests");
    expect(ofJob.pendingErasures.map(({ id }: { id: string }) => id)).toEqual([older.id, newer.id]);
  });
});
