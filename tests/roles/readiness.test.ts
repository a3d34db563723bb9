import { createDatasets } from "@lethe/datasets/create-datasets";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { createDatabaseReadiness } from "@lethe/warehouse/check-pool";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { openServicePool } from "@lethe/warehouse/service-pool";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { createLogin, onServer, type TestLogin } from "./logins.js";

const DATABASE = createDatasets().database;

let database: TestDatabase;
let owner: Pool;
let login: TestLogin;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  owner = createPool(database.url, 1, "lethe-e2e");
  login = await createLogin("in role lethe_transformer");
});
afterAll(async () => {
  await owner.end();
  await database.drop();
  await login.drop();
});

/** Opens the pool of a transformer; returns what its readiness says, asked anew each time. */
async function openTransformer() {
  const pool = await openServicePool(login.urlOf(database.url), 1, "transformer", () => undefined, DATABASE);
  onTestFinished(() => pool.end());
  const readiness = createDatabaseReadiness(pool, DATABASE, "transformer", 0);
  const of = (check: () => Promise<void>) =>
    check().then(
      () => "ready",
      ({ code }: { code: string }) => code,
    );
  const state = async () => {
    // What was found a moment ago counts until the clock has gone on.
    await new Promise((resolve) => setTimeout(resolve, 2));
    return { database: await of(readiness.database), rights: await of(readiness.rights) };
  };
  return { pool, state };
}

const READY = { database: "ready", rights: "ready" };

it("is unready for as long as the role lacks a right", async () => {
  const { state } = await openTransformer();
  expect(await state()).toEqual(READY);
  await owner.query("revoke update on ledger.batches from lethe_transformer");
  // Declared rights may name columns one by one.
  await owner.query("revoke usage on schema ledger from lethe_transformer");
  expect(await state()).toEqual({ database: "ready", rights: "database_rights" });
  await owner.query("grant usage on schema ledger to lethe_transformer");
  await owner.query("grant update on ledger.batches to lethe_transformer");
  expect(await state()).toEqual(READY);
});

it("is unready for as long as the login may not take the role on", async () => {
  const { state, pool } = await openTransformer();
  await onServer(`revoke lethe_transformer from ${login.name}`);
  expect(await state()).toMatchObject({ database: expect.stringMatching(/^database_(role|login)$/) });
  await onServer(`grant lethe_transformer to ${login.name}`);
  expect(await state()).toEqual(READY);
  await expect(pool.query("select")).resolves.toBeDefined();
});

it("is unready for as long as the server gives it no connection more, though its pool has one", async () => {
  const { state, pool } = await openTransformer();
  await pool.query("select");
  await onServer(`alter role ${login.name} connection limit 1`);
  expect(await state()).toMatchObject({ database: "database_connections" });
  await onServer(`alter role ${login.name} connection limit -1`);
  expect(await state()).toEqual(READY);
});

it("is ready where the server's sessions write nothing unasked: its own do ask", async () => {
  const { state } = await openTransformer();
  await owner.query(`alter database ${new URL(database.url).pathname.slice(1)} set default_transaction_read_only = on`);
  expect(await state()).toEqual(READY);
});

it("is unready while its sessions cannot write", async () => {
  const pool = createPool(database.url, 1, "lethe-e2e");
  onTestFinished(() => pool.end());
  const prepare = pool.options.onConnect;
  pool.options.onConnect = async (client) => {
    await (prepare?.(client) as Promise<void> | undefined);
    await client.query("set default_transaction_read_only = on");
  };
  const { database: check } = createDatabaseReadiness(pool, DATABASE, "transformer", 0);
  await expect(check()).rejects.toMatchObject({ code: "database_read_only" });
});
