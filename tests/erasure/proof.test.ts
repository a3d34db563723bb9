import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ReceiptBody } from "@lethe/contracts/erasures";
import type { CheckpointStore, Signer } from "@lethe/contracts/proof";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { parsePublicKeys, parseSigningKeys } from "@lethe/privacy/signing-key";
import { checkpointInRedis } from "@lethe/service-kit/checkpoint-in-redis";
import { connectRedis } from "@lethe/service-kit/redis";
import { openWorld, type World } from "@lethe/test-kit/world";
import { liftSuppression } from "@lethe/warehouse/erasures/lift-suppression";
import { completeErasure } from "@lethe/warehouse/erasures/receipts";
import { inTransaction } from "@lethe/warehouse/pool";
import { appendToLog } from "@lethe/warehouse/proof/append-to-log";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import { readLog } from "@lethe/warehouse/proof/read-log";
import { signLog } from "@lethe/warehouse/proof/sign-log";
import { verifyLog } from "@lethe/warehouse/proof/verify-log";
import { writeCheckpoint } from "@lethe/warehouse/proof/write-checkpoint";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { checkpointFile } from "../../packages/storage/src/checkpoint-file.js";
import { addErasure, addFile, addRun } from "../../packages/warehouse/test/ledger-rows.js";

const TABLES = ["privacy.proof_log", "privacy.checkpoints", "privacy.suppressions", "warehouse.erasure_requests"];
const AT = "2020-01-01T05:00:00.000Z";

let world: World;
let redis: ReturnType<typeof connectRedis>;
let stores: readonly CheckpointStore[];
let signer: Signer;
/** The erasures in the order of their receipts; the last one's person is off the list again. */
const erasures: string[] = [];

beforeAll(async () => {
  world = await openWorld({ services: [] });
  redis = connectRedis(world.redisUrl);
  stores = [checkpointFile(world.data), checkpointInRedis(redis, world.prefix)];
  signer = parseSigningKeys(world.environment.LETHE_SIGNING_KEY ?? "");
  const runId = await addRun(world.pool, { job: "erasure-requests", state: "succeeded" });
  const fileId = await addFile(world.pool, runId, { dataset: "erasure-requests", state: "done" });
  for (let i = 0; i < 4; i += 1) erasures.push(await erase(runId, fileId));
  await liftSuppression(world.pool, erasures[3] ?? "", "case 7", "somebody");
  await signLog(world.pool, { signer, stores });
  // So that requests can be removed.
  await world.pool.query("delete from privacy.suppression_log; delete from privacy.acts");
  await world.pool.query("create schema kept");
  for (const table of TABLES) await world.pool.query(`create table ${keptOf(table)} as select * from ${table}`);
});
afterEach(async () => {
  for (const table of TABLES) await world.pool.query(`delete from ${table}`);
  for (const table of TABLES) await world.pool.query(`insert into ${table} select * from ${keptOf(table)}`);
});
afterAll(async () => {
  redis.disconnect();
  await world.close();
});

const keptOf = (table: string) => `kept.${table.replace(".", "_")}`;

/** Suppresses somebody and completes their erasure, under a checkpoint of its own. */
async function erase(runId: string, fileId: number): Promise<string> {
  const id = await inTransaction(world.pool, async (client) => {
    const erasure = await addErasure(client, runId, fileId);
    await client.query(
      `insert into privacy.suppressions (subject_id, kind, key, key_id)
       select subject_id, identifier.kind, identifier.key, $4
       from warehouse.erasure_requests, (values ('customer-id', $2::bytea), ('email', $3)) as identifier (kind, key)
       where id = $1`,
      [erasure, randomBytes(32), randomBytes(32), parseKeyring(world.environment.LETHE_PRIVACY_KEY ?? "").current.id],
    );
    await logSuppressionChanges(client, { erasureId: erasure });
    return erasure;
  });
  await completeErasure(world.pool, bodyOf(id));
  await signLog(world.pool, { signer, stores });
  return id;
}

function bodyOf(erasureId: string): ReceiptBody {
  return {
    ...{ erasureId, pseudonym: "p1", keyId: "key-1", policyVersion: "1", outcome: "unlink" as const, found: true },
    ...{ requestedAt: AT, receivedAt: AT, suppressedAt: AT, completedAt: AT, vacuumedAt: AT },
    places: [{ place: "warehouse.customers", name: "", records: 1, values: 9 }],
    scan: { tables: 5, records: 0, files: 3, bytes: 900, findings: 0 },
  };
}

/** What an auditor with the public key and the checkpoint that is kept elsewhere finds. */
async function findings(): Promise<string[]> {
  const verifySignature = parsePublicKeys(
    parseSigningKeys(world.environment.LETHE_SIGNING_KEY ?? "").publicKeys.join(""),
  );
  const { faults, withoutReceipt } = await verifyLog(world.pool, { verifySignature, stores });
  return [...faults.map(({ fault }) => fault), ...withoutReceipt];
}

async function run(...statements: string[]): Promise<void> {
  for (const statement of statements) await world.pool.query(statement);
}

const receiptOf = (number: number) => `kind = 'receipt' and body ->> 'erasureId' = '${erasures[number - 1]}'`;

describe("a log that nobody has touched", () => {
  it("is whole, signed to its end, and the list is what it says", async () => {
    expect(await findings()).toEqual([]);
    const { receipts, checkpoints, unsigned } = await verifyLog(world.pool, {});
    expect({ receipts, checkpoints, unsigned }).toEqual({ receipts: 4, checkpoints: 5, unsigned: 0 });
  });

  it("is taken by the command, with the database and without", async () => {
    const online = await world.lethe("erasure", "verify", "--json");
    expect(online.err).toBe("");
    expect(JSON.parse(online.out)).toMatchObject({ receipts: 4, faults: [], withoutReceipt: [], unsigned: 0 });
    const [log, key] = [join(world.data, "log.ndjson"), join(world.data, "public.pem")];
    await world.lethe("erasure", "export", "--receipts", log);
    await writeFile(key, (await world.lethe("keys", "public")).out);
    const kept = join(world.data, "state/checkpoint.json");
    const args = ["--receipts", log, "--public-key", key, "--checkpoint", kept];
    const offline = await world.lethe("erasure", "verify", ...args);
    expect(offline).toMatchObject({ code: 0, err: "" });
    expect(offline.out).toContain("4 receipts: the log is whole\nnewest checkpoint: number 5 over 10 entries");
  });
});

describe("an attacker with the database is found out who", () => {
  const columns = {
    "privacy.proof_log": [
      "kind = 'lifted'",
      "body = body || '{\"x\": 1}'",
      "created_at = created_at + interval '1 ms'",
    ],
    "privacy.checkpoints": [
      ...["log_size = log_size - 1", "head_hash = repeat('a', 64)", "suppressions = suppressions + 1"],
      ...["suppressions_digest = repeat('a', 64)", "decisions = decisions + 1", "decisions_digest = repeat('a', 64)"],
      ...["created_at = created_at + interval '1 ms'", "key_id = '00000000'", "signature = reverse(signature)"],
    ],
  };
  const hashes = ["previous_hash = repeat('a', 64)", "hash = repeat('b', 64)"];

  it.each(
    Object.entries(columns).flatMap(([table, changes]) => [...changes, ...hashes].map((change) => [table, change])),
  )("changes %s, %s", async (table, change) => {
    const key = table === "privacy.checkpoints" ? "number" : "sequence";
    for (const at of [1, 3, 5]) {
      await run(`update ${table} set ${change} where ${key} = ${at}`);
      expect(await findings(), String(at)).not.toEqual([]);
      await run(
        `update ${table} t set ${change.split(" = ")[0]} = k.${change.split(" = ")[0]} from ${keptOf(table ?? "")} k where k.${key} = t.${key}`,
      );
    }
    expect(await findings()).toEqual([]);
  });

  it.each([1, 2, 3, 4])(
    "removes receipt %i, with its request and without, and hashes the rest anew",
    async (number) => {
      await run(`delete from privacy.proof_log where ${receiptOf(number)}`);
      expect(await findings()).toContain(erasures[number - 1]);
      await run(`delete from warehouse.erasure_requests where id = '${erasures[number - 1]}'`);
      expect(await findings()).not.toEqual([]);
      await hashAnew();
      expect(await findings()).not.toEqual([]);
      // Signed by a key of their own.
      await run("delete from privacy.checkpoints");
      await writeCheckpoint(world.pool, parseSigningKeys(randomBytes(32).toString("hex")));
      expect(await findings()).toEqual(
        expect.arrayContaining([
          expect.stringContaining("its signature is not that of a key"),
          expect.stringContaining("kept elsewhere"),
        ]),
      );
    },
  );

  it("removes all receipts and their requests", async () => {
    await run(
      "delete from warehouse.erasure_requests",
      "delete from privacy.proof_log",
      "delete from privacy.checkpoints",
    );
    await run("delete from privacy.suppressions");
    expect(await findings()).toEqual([
      expect.stringContaining("it was rolled back"),
      expect.stringContaining("it was rolled back"),
    ]);
  });

  it("removes requests and leaves their receipts", async () => {
    await run(`delete from warehouse.erasure_requests where id = '${erasures[1]}'`);
    expect(await findings()).toEqual(["it has a receipt, and its request is gone from the database"]);
  });

  it("removes suppressions, lifts them without a logged act, or empties the list", async () => {
    const [one, two] = await Promise.all([subjectOf(1), subjectOf(2)]);
    await run(`delete from privacy.suppressions where subject_id = '${one}' and kind = 'email'`);
    await run(`update privacy.suppressions set lifted_at = now() where subject_id = '${two}'`);
    expect(await findings()).toEqual([
      `identifiers of subject ${one} were removed from the suppression list`,
      `the suppression of subject ${two} was lifted, and the log has no such act`,
    ]);
    // A load that comes after it does not put into the log what its own transaction has not done.
    await inTransaction(world.pool, (client) => logSuppressionChanges(client, {}));
    expect(await findings()).toHaveLength(2);
    await run("delete from privacy.suppressions");
    expect(await findings()).toHaveLength(3);
  });

  it("takes a lifted suppression for one that never was, or puts somebody on the list", async () => {
    const four = await subjectOf(4);
    await run(`update privacy.suppressions set lifted_at = null where subject_id = '${four}'`);
    expect(await findings()).toEqual([
      `identifiers of subject ${four} are on the suppression list, and the log does not say since when`,
    ]);
  });

  it("rolls the log back to an earlier checkpoint, with all that belongs to it", async () => {
    await run(
      "delete from privacy.proof_log where sequence > 6",
      "delete from privacy.checkpoints where number > 3",
      `delete from warehouse.erasure_requests where id = '${erasures[3]}'`,
      `delete from privacy.suppressions where lifted_at is not null`,
    );
    expect(await findings()).toEqual([
      expect.stringContaining("it was rolled back"),
      expect.stringContaining("it was rolled back"),
    ]);
    // No service signs on top of it.
    await run("update privacy.suppressions set is_logged = false");
    await inTransaction(world.pool, (client) => logSuppressionChanges(client, {}));
    await expect(signLog(world.pool, { signer, stores })).rejects.toMatchObject({ code: "database_rolled_back" });
    const command = await world.lethe("erasure", "verify");
    expect(command.code).toBe(1);
    expect(command.out).toContain("it was rolled back");
  });

  it("empties the list before the next checkpoint is signed", async () => {
    await run("delete from privacy.suppressions");
    await inTransaction(world.pool, (client) => appendToLog(client, { kind: "decision", body: {} }));
    await writeCheckpoint(world.pool, signer);
    expect(await findings()).toContain("the suppression list that it commits to is not the one that the log gives");
  });
});

/** Makes a chain of what is left in the log, as somebody can who has no signing key. */
async function hashAnew(): Promise<void> {
  const entries = await readLog(world.pool);
  await inTransaction(world.pool, async (client) => {
    await client.query("delete from privacy.proof_log");
    for (const { kind, body } of entries) await appendToLog(client, { kind, body });
  });
}

async function subjectOf(number: number): Promise<string> {
  const { rows } = await world.pool.query<{ subject: string }>(
    "select subject_id as subject from warehouse.erasure_requests where id = $1",
    [erasures[number - 1]],
  );
  return rows[0]?.subject ?? "";
}
