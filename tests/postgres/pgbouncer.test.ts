import { UnfitDatabaseError } from "@lethe/contracts/errors";
import { goldenFile, KNOWN_HOUR_SETTINGS, loadKnownHour, resultOfKnownHour } from "@lethe/test-kit/known-hour";
import { PGBOUNCER, type Pgbouncer, startPgbouncer } from "@lethe/test-kit/pgbouncer";
import { COUNTED_DATASETS } from "@lethe/test-kit/plain-count";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { openWorld } from "@lethe/test-kit/world";
import { requireDatabase } from "@lethe/warehouse/require-database";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";

let database: TestDatabase;

beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
});
afterAll(() => database.drop());

it("a connection without a pooler keeps its sessions", async () => {
  await expect(requireDatabase(database.url)).resolves.toBeUndefined();
});

// The program is Debian's; a machine without it declares no test of it.
if (PGBOUNCER !== undefined) {
  const start = async (settings: Readonly<Record<string, string | number>>): Promise<Pgbouncer> => {
    const pooler = await startPgbouncer(database.url, settings);
    onTestFinished(pooler.stop);
    return pooler;
  };

  describe("PgBouncer in session mode", () => {
    it("loads, erases and exports as without it", async () => {
      const pooler = await start({ pool_mode: "session", default_pool_size: 60 });
      const own = await cloneDatabase(inject("template"));
      const world = await openWorld({
        database: own,
        settings: { ...KNOWN_HOUR_SETTINGS, DATABASE_URL: pooler.urlOf(own.url) },
      });
      try {
        const runs = await loadKnownHour(world);
        for (const dataset of COUNTED_DATASETS) {
          expect(await resultOfKnownHour(world, dataset, runs[dataset])).toBe(await goldenFile(dataset));
        }
        expect(await world.lethe("erasure", "verify")).toMatchObject({ code: 0 });
      } finally {
        await world.close();
      }
    });

    it("is named where it has fewer connections than sessions at once", async () => {
      const pooler = await start({ pool_mode: "session", default_pool_size: 1 });
      await expect(requireDatabase(pooler.urlOf(database.url))).rejects.toMatchObject({
        code: "database_connections",
        message: expect.stringContaining("raise default_pool_size"),
      });
    });
  });

  describe("PgBouncer that takes sessions apart", () => {
    it.each([
      ["with one connection", { pool_mode: "transaction", default_pool_size: 1 }],
      ["with several", { pool_mode: "transaction", default_pool_size: 20, min_pool_size: 5 }],
      ["in turn", { pool_mode: "transaction", default_pool_size: 4, min_pool_size: 4, server_round_robin: 1 }],
      ["in turn, two", { pool_mode: "transaction", default_pool_size: 2, min_pool_size: 2, server_round_robin: 1 }],
      ["and resets each time", { pool_mode: "transaction", server_reset_query_always: 1 }],
      ["by statement", { pool_mode: "statement", default_pool_size: 3 }],
    ])("is refused by name: %s", async (_how, settings) => {
      const pooler = await start(settings);
      for (let round = 0; round < 5; round += 1) {
        const refused = requireDatabase(pooler.urlOf(database.url));
        await expect(refused).rejects.toBeInstanceOf(UnfitDatabaseError);
        await expect(refused).rejects.toMatchObject({
          code: "database_pooler",
          message: expect.stringMatching(/PgBouncer, in transaction or statement mode .*Set pool_mode=session/),
        });
      }
    });

    it("is refused while others use it, too", async () => {
      const pooler = await start({ pool_mode: "transaction", default_pool_size: 5 });
      const url = pooler.urlOf(database.url);
      const attempts = Array.from({ length: 8 }, () => requireDatabase(url).catch((error: unknown) => error));
      for (const error of await Promise.all(attempts)) expect(error).toMatchObject({ code: "database_pooler" });
    });

    it("keeps services and commands from starting, which say so and no password", async () => {
      const pooler = await start({ pool_mode: "transaction" });
      const own = await cloneDatabase(inject("template"));
      const world = await openWorld({
        database: own,
        services: [],
        settings: { DATABASE_URL: pooler.urlOf(own.url) },
      });
      try {
        for (const args of [["status"], ["migrate"]]) {
          const { code, err } = await world.lethe(...args);
          expect(code).toBe(2);
          expect(err).toMatch(/^lethe: between Lethe and the database stands a pooler.*\n$/);
          expect(err).not.toContain(new URL(own.url).password);
        }
        const started = world.start("loader");
        await expect(started).rejects.toThrow("Set pool_mode=session for this database");
        await expect(started).rejects.toThrow("(database_pooler)");
      } finally {
        await world.close();
      }
    });
  });
}
