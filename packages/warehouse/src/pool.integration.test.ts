import { afterAll, expect, inject, it } from "vitest";
import { createPool, inTransaction } from "./pool.js";

const pool = createPool(inject("databaseUrl"), 1, "lethe-pool");
afterAll(() => pool.end());

it("uses a connection again, also one whose transaction failed", async () => {
  const session = await sessionNumber();
  await expect(inTransaction(pool, (client) => client.query("select 1 / 0"))).rejects.toMatchObject({ code: "22012" });
  expect(await sessionNumber()).toBe(session);
});

it.each([
  ["that no longer has the right to its own temporary tables", "raise insufficient_privilege"],
  ["that comes upon a table of somebody else's making", "raise duplicate_table"],
  ["whose server has become a standby", "raise read_only_sql_transaction"],
])("gives nobody a session %s", async (_what, statement) => {
  const session = await sessionNumber();
  const failing = inTransaction(pool, (client) => client.query(`do $$ begin ${statement}; end $$`));
  await expect(failing).rejects.toThrow();
  expect(await sessionNumber()).not.toBe(session);
});

it.each([
  ["a server that has become a standby", "25006", "it may have become a standby"],
  ["a full disk", "53100", "the disk of the database server is full"],
  ["a server without a free connection", "53300", "all connections of the database server are taken"],
])("says of %s what it is, and lets another attempt be made", async (_what, code, sentence) => {
  const failing = inTransaction(pool, (client) => client.query(`do $$ begin raise sqlstate '${code}'; end $$`));
  await expect(failing).rejects.toMatchObject({ code: "transient", retryable: true });
  await expect(failing).rejects.toThrow(sentence);
});

async function sessionNumber(): Promise<number> {
  const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}
