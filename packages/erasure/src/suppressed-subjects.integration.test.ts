import { randomUUID } from "node:crypto";
import { keyedHash, parseKeyring } from "@lethe/privacy/privacy-key";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { addErasures } from "@lethe/warehouse/erasures/erasure-work";
import { createPool, inTransaction, type Pool } from "@lethe/warehouse/pool";
import { addSubjects, addSuppressions } from "@lethe/warehouse/suppress-subjects";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createSuppressedSubjects } from "./suppressed-subjects.js";

const ring = parseKeyring("7".repeat(64));
const key = ring.current;

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 1, "lethe-suppressed-subjects");
  await pool.query(`
    insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded');
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    select 'customers', 'file', '2020-01-01', 0, sha256('1'), 1, id, 'done' from ledger.runs`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** Suppresses a person, as a request does before anything is masked, and begins erasures of them. */
async function suppressPerson(
  customerId: string,
  erasures: readonly ("request" | "follow-up" | "strengthen" | "reapply")[],
) {
  const email = `${customerId}@example.com`;
  const subjectId = randomUUID();
  await inTransaction(pool, async (client) => {
    await addSubjects(client, [subjectId], "unlink");
    await addSuppressions(client, [
      { subjectId, act: "erase", kind: "customer-id", key: keyedHash(key, "customer-id", customerId), keyId: key.id },
      { subjectId, act: "erase", kind: "email", key: keyedHash(key, "email", email), keyId: key.id },
    ]);
    const { rows } = await client.query<{ id: string }>("select id from ledger.runs");
    await addErasures(
      client,
      erasures.map((kind) => ({
        ...{ id: randomUUID(), kind, subjectId, outcome: "unlink" as const, keyId: key.id, pseudonym: "p" },
        ...{ policyVersion: "p", requestedAt: new Date(), fileId: 1, runId: rows[0]?.id ?? "", quarantineId: null },
        ...{ customerKey: keyedHash(key, "customer-id", customerId), emailKey: keyedHash(key, "email", email) },
      })),
    );
  });
  return { customerId, email };
}

it("takes a person for erased once their request was taken, not while it was suppressed alone", async () => {
  const waiting = await suppressPerson("100001", []);
  const taken = await suppressPerson("100002", ["request"]);
  const restored = await suppressPerson("100003", ["reapply"]);
  const known = await createSuppressedSubjects(pool, ring, [waiting, taken, restored]);
  expect([waiting, taken, restored].map((request) => known.isErased(request, null))).toEqual([false, true, true]);
  expect([waiting, taken, restored].map((request) => known.isErasedByEmail(request))).toEqual([false, true, true]);
  expect([waiting, taken, restored].map((request) => known.isBeingErased(request))).toEqual([true, false, false]);
});

// The loader dies between the two, and a record of the person comes before the request is taken up again.
it("takes a request for waiting still when records of its person have arrived before it was taken", async () => {
  const waiting = await suppressPerson("100004", ["follow-up"]);
  const known = await createSuppressedSubjects(pool, ring, [waiting]);
  expect(known.isErased(waiting, null)).toBe(false);
  expect(known.isErased(waiting, "email")).toBe(false);
  expect(known.isErasedByEmail(waiting)).toBe(false);
  expect(known.isBeingErased(waiting)).toBe(true);
});
