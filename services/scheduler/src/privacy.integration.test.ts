import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type HashedKind, keyedHash, parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { createSigningKey, parseSigningKeys } from "@lethe/privacy/signing-key";
import { createApiToken } from "@lethe/warehouse/access/api-tokens";
import { completeErasure } from "@lethe/warehouse/erasures/receipts";
import { inTransaction } from "@lethe/warehouse/pool";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import { signLog } from "@lethe/warehouse/proof/sign-log";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type TestScheduler, type World } from "../test/scheduler-fixture.js";

const SECRET = "ab".repeat(32);
const key = parsePrivacyKey(SECRET);
const signingKey = createSigningKey();

let world: World;
let api: TestScheduler;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  world = await createWorld({ LETHE_SCHEDULES: "off", LETHE_RATE_LIMIT: "0" });
  api = await world.start({ LETHE_PRIVACY_KEY: SECRET, LETHE_SIGNING_KEY: signingKey });
  for (const role of ["viewer", "operator", "privacy-officer"] as const) {
    tokens[role] = await createApiToken(world.pool, `a-${role}`, role);
  }
});
afterAll(() => world.end());
afterEach(async () => {
  await world.pool.query(
    `truncate ledger.runs, privacy.subjects, privacy.proof_log, privacy.checkpoints, privacy.acts, warehouse.customers,
              privacy.questions cascade`,
  );
});

const as = (role: string) => ({ authorization: `Bearer ${tokens[role]}` });

async function insertFile(dataset = "customers"): Promise<{ runId: string; fileId: number }> {
  const { rows } = await world.pool.query<{ runId: string; fileId: number }>(
    `with run as (insert into ledger.runs (job, kind, trigger, state) values ($1, 'files', 'api', 'succeeded') returning id)
     insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
     select $1, $2::text, '2022-03-01', 1, sha256($2::text::bytea), 1, id, 'done' from run returning run_id as "runId", id as "fileId"`,
    [dataset, randomUUID()],
  );
  return rows[0] ?? { runId: "", fileId: 0 };
}

async function insertCustomer(id: string, email: string, [first, last]: readonly [string, string]): Promise<void> {
  const { fileId } = await insertFile();
  await world.pool.query(
    `insert into warehouse.customers (id, email, first_name, last_name, source_partition, source_file_id, valid_from)
     values ($1, $2, $3, $4, now(), $5, now())`,
    [id, email, first, last, fileId],
  );
}

const PERSON = { customerId: "013000", email: "ida.forget@example.org" };

describe("GET /subjects/restrictions", () => {
  it("lists those in force, newest first, with who decided and why, and names nobody", async () => {
    for (const n of [1, 2, 3]) {
      await insertCustomer(`01300${n}`, `person-${n}@example.org`, ["Person", `Number ${n}`]);
      const claim = { customerId: `01300${n}`, email: `person-${n}@example.org`, reason: `case ${n}` };
      const { status } = await api.call("POST", "/subjects/restrict", claim, as("privacy-officer"));
      expect(status).toBe(204);
    }
    const first = await api.call("GET", "/subjects/restrictions?limit=2", undefined, as("viewer"));
    expect(first.body.restrictions).toMatchObject([
      { by: "a-privacy-officer", reason: "case 3", heldRecords: 0, since: expect.any(String) },
      { by: "a-privacy-officer", reason: "case 2" },
    ]);
    const second = await api.call("GET", `/subjects/restrictions?limit=2&before=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ restrictions: [{ reason: "case 1" }], nextCursor: null });
    expect(JSON.stringify([first.body, second.body])).not.toMatch(/01300|example\.org/);

    await api.call("POST", "/subjects/release", {
      ...{ customerId: "013002", email: "person-2@example.org", reason: "it is settled" },
    });
    const { body } = await api.call("GET", "/subjects/restrictions");
    expect(body.restrictions.map(({ reason }: { reason: string }) => reason)).toEqual(["case 3", "case 1"]);
    const strange = await api.call("GET", `/subjects/restrictions?before=${randomUUID()}`);
    expect(strange).toMatchObject({ status: 400, body: { code: "input_invalid" } });
  });
});

async function insertRequest(question: string, { customerId, email } = PERSON): Promise<number> {
  const { runId, fileId } = await insertFile("erasure-requests");
  const { rows } = await world.pool.query<{ id: number }>(
    `insert into ledger.quarantine (dataset, reason, run_id, file_id, line, message, payload, subject_customer_id, subject_email, question)
     values ('erasure-requests', 'identity_mismatch', $1, $2, 1, 'not theirs', $3, $4, $5, $6) returning id`,
    [runId, fileId, JSON.stringify({ "customer-id": customerId, email }), customerId, email, question],
  );
  return rows[0]?.id ?? 0;
}

describe("GET /requests/{id}/comparison", () => {
  const NAMES = [["Ida", "Forget"] as const, ["Ivo", "Horvat"] as const] as const;

  it("shows a privacy officer both sides in the clear, and records the look", async () => {
    await insertCustomer(PERSON.customerId, "ida.former@example.org", NAMES[0]);
    await insertCustomer("013001", PERSON.email, NAMES[1]);
    const id = await insertRequest("email_not_theirs");
    const { status, body } = await api.call("GET", `/requests/${id}/comparison`, undefined, as("privacy-officer"));
    expect(status).toBe(200);
    expect(body).toEqual({
      isMasked: false,
      question: "email_not_theirs",
      defaultSubject: "both",
      request: PERSON,
      ofId: { records: 1, customerIds: ["013000"], emails: ["ida.former@example.org"], names: ["ida forget"] },
      ofEmail: { records: 1, customerIds: ["013001"], emails: [PERSON.email], names: ["ivo horvat"] },
      matches: {
        ...{ idIsKnown: true, emailIsKnown: true, emailIsOfId: false, emailIsShared: false, idIsReused: false },
      },
      approvalsNeeded: 1,
      approvals: [],
    });
    const acts = await world.pool.query("select act, acted_by, quarantine_id from privacy.acts");
    expect(acts.rows).toEqual([{ act: "viewed", acted_by: "a-privacy-officer", quarantine_id: id }]);
    expect(world.logged()).not.toMatch(/013000|ida\./);
  });

  it.each(["viewer", "operator"])("shows a %s what matches, and every value masked", async (role) => {
    await insertCustomer(PERSON.customerId, PERSON.email, NAMES[0]);
    await insertCustomer("013001", PERSON.email, NAMES[1]);
    const id = await insertRequest("shared_email");
    const { body } = await api.call("GET", `/requests/${id}/comparison`, undefined, as(role));
    expect(body).toMatchObject({
      isMasked: true,
      request: { customerId: "******", email: "******" },
      ofId: { records: 1, customerIds: ["******"], emails: ["******"], names: ["******"] },
      matches: { idIsKnown: true, emailIsOfId: true, emailIsShared: true },
    });
    expect(JSON.stringify(body)).not.toMatch(/01300|ida|ivo|example/i);
    expect((await world.pool.query("select from privacy.acts")).rows).toEqual([]);
  });

  it("knows nobody where there is nobody, and names who has approved it so far", async () => {
    const id = await insertRequest("unknown_id_known_email");
    await world.pool.query("insert into privacy.acts (act, acted_by, quarantine_id) values ('approved', 'first', $1)", [
      id,
    ]);
    const { body } = await api.call("GET", `/requests/${id}/comparison`);
    expect(body).toMatchObject({
      ofId: { records: 0, customerIds: [], emails: [], names: [] },
      ofEmail: { records: 0 },
      matches: { idIsKnown: false, emailIsKnown: false },
      approvals: [{ by: "first", at: expect.any(String) }],
    });
  });

  it("has nothing of a request that was answered, and of none that there is not", async () => {
    const id = await insertRequest("email_not_theirs");
    await api.call("POST", `/erasures/requests/${id}/reject`, { reason: "case 7" });
    expect(await api.call("GET", `/requests/${id}/comparison`)).toMatchObject({ status: 409 });
    expect(await api.call("GET", "/requests/999999/comparison")).toMatchObject({ status: 404 });
  });
});

const hash = (kind: HashedKind, value: string) => keyedHash(key, kind, value);

/** Puts somebody on the suppression list, as an erasure does, and returns the subject's id. */
async function suppress(identifiers: readonly (readonly [HashedKind, string])[]): Promise<string> {
  const id = randomUUID();
  await inTransaction(world.pool, async (client) => {
    await client.query("insert into privacy.subjects (id, outcome) values ($1, 'unlink')", [id]);
    for (const [kind, value] of identifiers) {
      await client.query(
        "insert into privacy.suppressions (subject_id, act, kind, key, key_id) values ($1, 'erase', $2, $3, $4)",
        [id, kind, hash(kind, value), key.id],
      );
    }
    await logSuppressionChanges(client, { test: true });
  });
  return id;
}

describe("GET /erasures/questions/{id}", () => {
  it("says of each record that is held what it has in common with the erased person, and never a value", async () => {
    const subjectId = await suppress([
      ["customer-id", PERSON.customerId],
      ["email", PERSON.email],
      ["name", "ida forget"],
    ]);
    const id = randomUUID();
    await world.pool.query("insert into privacy.subjects (id, outcome) values ($1, 'unlink')", [id]);
    await world.pool.query(
      "insert into privacy.questions (id, kind, subject_id, key) values ($1, 'reused_id', $2, $3)",
      [id, subjectId, hash("customer-id", PERSON.customerId)],
    );
    const { runId, fileId } = await insertFile();
    const payload = { id: PERSON.customerId, email: "ivo@example.org", first_name: "Ivo", last_name: "Horvat" };
    await world.pool.query(
      `insert into ledger.quarantine (dataset, reason, run_id, file_id, line, message, payload, subject_customer_id, subject_email, held_for)
       values ('customers', 'held', $1, $2, 1, '', $3, $4, $5, $6)`,
      [runId, fileId, JSON.stringify(payload), payload.id, payload.email, id],
    );
    const { body } = await api.call("GET", `/erasures/questions/${id}`, undefined, as("viewer"));
    expect(body).toMatchObject({
      ...{ id, kind: "reused_id", requestId: null, heldRecords: 1 },
      records: [{ dataset: "customers", customerIdMatches: true, emailMatches: false, nameMatches: false }],
    });
    expect(JSON.stringify(body)).not.toMatch(/013000|ivo|ida/i);
    expect(await api.call("GET", `/erasures/questions/${randomUUID()}`)).toMatchObject({ status: 404 });
  });
});

describe("POST /erasures/{id}/verify", () => {
  async function erase(): Promise<string> {
    const subjectId = await suppress([
      ["customer-id", PERSON.customerId],
      ["email", PERSON.email],
    ]);
    const { runId, fileId } = await insertFile("erasure-requests");
    const { rows } = await world.pool.query<{ id: string }>(
      `insert into warehouse.erasure_requests
         (customer_key, email_key, key_id, pseudonym, pseudonyms, state, policy_version, requested_at, source_file_id, run_id,
          subject_id, outcome)
       values ($1, $2, $3, 'p_0123', '{p_0123}', 'suppressed', '1', '2022-03-01T01:00:00Z', $4, $5, $6, 'unlink')
       returning id`,
      [hash("customer-id", PERSON.customerId), hash("email", PERSON.email), key.id, fileId, runId, subjectId],
    );
    const erasureId = rows[0]?.id ?? "";
    const now = new Date().toISOString();
    await completeErasure(world.pool, {
      ...{ erasureId, pseudonym: "p_0123", keyId: key.id, policyVersion: "1", outcome: "unlink", found: false },
      ...{ requestedAt: now, receivedAt: now, suppressedAt: now, completedAt: now, vacuumedAt: now, places: [] },
      scan: { tables: 0, records: 0, files: 0, bytes: 0, findings: 0 },
    });
    return erasureId;
  }
  const sign = () => signLog(world.pool, { signer: parseSigningKeys(signingKey), stores: [] });
  const verify = (id: string | number, role = "privacy-officer") =>
    api.call("POST", `/erasures/${id}/verify`, undefined, as(role));

  it("finds a receipt right that is signed, whose person is gone", async () => {
    const id = await erase();
    expect((await verify(id)).body).toMatchObject({ isProven: false, isSigned: false, search: "made", findings: [] });
    await sign();
    const { status, body } = await verify(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      ...{ isProven: true, isSigned: true, isSignatureChecked: true, receiptFaults: [], faults: [] },
      ...{ withoutReceipt: [], receipts: 1, checkpoints: 1, search: "made", findings: [] },
    });
    expect(body.looked.records).toBeGreaterThan(0);
    const { receiptNumber } = (await api.call("GET", `/erasures/${id}`)).body;
    expect((await verify(receiptNumber)).body).toMatchObject({ isProven: true });
  });

  it("finds the person who has come back, in a table and in a file, and no other", async () => {
    const id = await erase();
    await sign();
    // Somebody who is suppressed, too, and not of this receipt.
    await suppress([["customer-id", "013999"]]);
    await sign();
    await insertCustomer("013999", "somebody@example.org", ["Some", "Body"]);
    const folder = join(world.data, "archived_data/date=2022-03-01/hour=01");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "customers.json"), `${JSON.stringify({ id: "013999" })}\n`);
    expect((await verify(id)).body.findings).toEqual([]);
    await insertCustomer(PERSON.customerId, PERSON.email, ["Ida", "Forget"]);
    await writeFile(join(folder, "customers.json"), `${JSON.stringify({ id: PERSON.customerId })}\n`);
    const { body } = await verify(id);
    expect(body).toMatchObject({ isProven: false, receiptFaults: [], faults: [] });
    expect(body.findings).toEqual([
      { place: "warehouse.customers", name: "", records: 1 },
      { place: "archived_data", name: "date=2022-03-01/hour=01/customers.json", records: 1 },
    ]);
  });

  it("finds a receipt that was changed", async () => {
    const id = await erase();
    await sign();
    await world.pool.query(
      `update privacy.proof_log set body = jsonb_set(body, '{found}', 'true') where kind = 'receipt'`,
    );
    const { body } = await verify(id);
    expect(body).toMatchObject({ isProven: false, receiptFaults: ["its content does not fit its hash"] });
    expect(body.faults.length).toBeGreaterThan(0);
  });

  it("checks the log alone without the privacy key, or once the suppression was lifted, and says so", async () => {
    const id = await erase();
    await sign();
    const other = await world.start();
    const { body } = await other.call("POST", `/erasures/${id}/verify`);
    expect(body).toMatchObject({ search: "no_key", isProven: false, isSignatureChecked: false, receiptFaults: [] });
    await other.stop();
    await api.call("POST", `/erasures/${id}/lift`, { note: "case 9" });
    expect((await verify(id)).body).toMatchObject({ search: "lifted", receiptFaults: [], faults: [] });
  });

  it("is for privacy officers, and knows of no receipt before there is one", async () => {
    expect(await verify(randomUUID(), "operator")).toMatchObject({ status: 403, body: { code: "role_required" } });
    expect(await verify(randomUUID())).toMatchObject({ status: 404 });
  });
});

describe("GET /data-map", () => {
  it("says of every column what an erasure leaves of it", async () => {
    const { body } = await api.call("GET", "/data-map", undefined, as("viewer"));
    const headings = body.sections.map(({ heading }: { heading: string }) => heading);
    expect(headings).toEqual(expect.arrayContaining(["Dataset customers", "Ledger", "Privacy", "Access"]));
    const [customers] = body.sections[0].tables;
    expect(customers).toMatchObject({ name: "warehouse.customers", history: "warehouse.customers_history" });
    expect(customers.columns).toContainEqual({
      ...{ names: ["email"], holds: "identifying", identifies: "email", inputField: "email", isDerived: false },
      ...{ leaves: "nothing", readers: ["scheduler", "loader"], analysts: null },
    });
  });
});
