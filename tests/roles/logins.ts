import { randomBytes } from "node:crypto";
import { createPool } from "@lethe/warehouse/pool";
import { inject } from "vitest";

/** A login of the test server for one test. Logins belong to the server, so each has a name of its own. */
export interface TestLogin {
  readonly name: string;
  /** Returns a database's URL with this login. */
  urlOf(databaseUrl: string): string;
  /** Removes it; what it owns must be gone before. */
  drop(): Promise<void>;
}

/** Creates a login, with what stands behind `create role`'s `login`: `in role lethe_loader`, say. */
export async function createLogin(attributes = ""): Promise<TestLogin> {
  const name = `lethe_test_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  await onServer(`create role ${name} login password '${password}' ${attributes}`);
  return {
    name,
    urlOf(databaseUrl) {
      const url = new URL(databaseUrl);
      url.username = name;
      url.password = password;
      return url.href;
    },
    drop: () => onServer(`drop role ${name}`),
  };
}

/** Runs a statement on the test server as its administrator. */
export async function onServer(statement: string): Promise<void> {
  const pool = createPool(inject("databaseUrl"), 1, "lethe-e2e");
  try {
    await pool.query(statement);
  } finally {
    await pool.end();
  }
}
