import { LostLockError } from "@lethe/contracts/errors";
import { describe, expect } from "vitest";
import { it, LOCKED } from "../../test/ledger-database.js";
import { recordFailedAttempts } from "./erasure-attempts.js";
import { inErasureTransaction, requireErasures, takeErasures, withErasureLock } from "./erasure-fence.js";
import { destroyKeys } from "./file-keys.js";

describe("withErasureLock", () => {
  it("lets nobody else work meanwhile, and gives the lock back after a failure too", async ({ pool, hasty }) => {
    const failing = withErasureLock(pool, async () => {
      await expect(withErasureLock(hasty, async () => undefined)).rejects.toMatchObject({ cause: LOCKED });
      throw new Error("a file will not come clean");
    });
    await expect(failing).rejects.toThrow("a file will not come clean");
    let isDone = false;
    await withErasureLock(hasty, async () => {
      isDone = true;
    });
    expect(isDone).toBe(true);
    expect(pool.idleCount).toBe(pool.totalCount);
  });
});

describe("a holder that lost its lock", () => {
  it("writes nothing beside its successor once its connection was ended, and its own end is an error", async ({
    pool,
  }) => {
    const refused: unknown[] = [];
    const first = withErasureLock(pool, async (fence) => {
      await inErasureTransaction(pool, fence, (client) => recordFailedAttempts(client, []));
      await pool.query(
        `select pg_terminate_backend(pid) from pg_locks
         where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
      );
      await withErasureLock(pool, async (next) => {
        const writes = [
          () => inErasureTransaction(pool, fence, (client) => recordFailedAttempts(client, [])),
          () => inErasureTransaction(pool, fence, (client) => destroyKeys(client, [])),
          () => requireErasures(pool, fence),
        ];
        for (const write of writes) refused.push(await write().catch((error: unknown) => error));
        await requireErasures(pool, next);
      });
    });
    await expect(first).rejects.toMatchObject({ code: "transient" });
    expect(refused.map((error) => error instanceof LostLockError)).toEqual([true, true, true]);
  });

  it("has what it has begun to write waited for", async ({ pool, hasty }) => {
    const fence = await takeErasures(pool);
    await inErasureTransaction(pool, fence, async () => {
      await expect(takeErasures(hasty)).rejects.toMatchObject(LOCKED);
    });
    expect(await takeErasures(hasty)).toEqual({ token: fence.token + 1 });
  });
});
