import { TransientError, UnfitDatabaseError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { DEBIAN_POSTGRES, type DebianPostgres, startDebianPostgres } from "@lethe/test-kit/debian-postgres";
import { checkPool } from "@lethe/warehouse/check-pool";
import { migrate } from "@lethe/warehouse/migrate";
import { borrow, createPool, type Pool } from "@lethe/warehouse/pool";
import { requireDatabase } from "@lethe/warehouse/require-database";
import { SESSION_SETTINGS } from "@lethe/warehouse/session-settings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Servers of one's own: what a server has cannot be changed where other tests run.

it("every setting that a session makes has its reason", () => {
  for (const { why } of SESSION_SETTINGS) expect(why).toMatch(/^[a-z]/);
});

// Debian's programs; a machine without them declares no test of them.
describe.each(DEBIAN_POSTGRES)("the PostgreSQL of %s", (programs) => {
  let server: DebianPostgres;
  beforeAll(async () => {
    server = await startDebianPostgres(programs, { synchronous_commit: "off", default_transaction_read_only: "on" });
  });
  afterAll(() => server.remove());

  const withPool = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    const pool = createPool(server.url, 2, "lethe-e2e");
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  };

  it("is migrated, though its server writes nothing unasked, and keeps what is committed", async () => {
    expect(await migrate(server.url, createDatasets().database)).toContain("rights");
    expect(await withPool((pool) => pool.query("show synchronous_commit"))).toMatchObject({
      rows: [{ synchronous_commit: "on" }],
    });
  });

  it("is refused with too few connections, whether it says so or has none left", async () => {
    await server.restart({ max_connections: 20 });
    const limited = requireDatabase(server.url);
    await expect(limited).rejects.toBeInstanceOf(UnfitDatabaseError);
    await expect(limited).rejects.toMatchObject({
      code: "database_connections",
      message:
        "max_connections is 20, and Lethe's services take up to 40: set max_connections to 40 or more and restart the server",
    });
    await server.restart({ max_connections: 2, superuser_reserved_connections: 0, max_wal_senders: 0 });
    await expect(requireDatabase(server.url)).rejects.toMatchObject({ code: "database_connections" });
    await withPool(async (pool) => {
      const both = [await borrow(pool), await borrow(pool)];
      const late = requireDatabase(server.url);
      await expect(late).rejects.toBeInstanceOf(TransientError);
      await expect(late).rejects.toThrow("all connections of the database server are taken; raise max_connections");
      await withPool((other) => expect(checkPool(other)).rejects.toMatchObject({ code: "database_connections" }));
      for (const { release } of both) release();
    });
  });

  it("is refused as a standby at the start, waited for later, and taken once it is promoted", async () => {
    await server.restart({}, "standby");
    await expect(requireDatabase(server.url)).rejects.toMatchObject({
      code: "database_standby",
      message: expect.stringContaining("name the primary in DATABASE_URL"),
    });
    await withPool(async (pool) => {
      const connecting = borrow(pool);
      await expect(connecting).rejects.toBeInstanceOf(TransientError);
      await expect(connecting).rejects.toThrow("is a standby");
      await expect(checkPool(pool)).rejects.toMatchObject({ code: "database_standby" });
    });
    await server.restart({});
    await expect(requireDatabase(server.url)).resolves.toBeUndefined();
    await withPool((pool) => expect(checkPool(pool)).resolves.toBeUndefined());
  });
});
