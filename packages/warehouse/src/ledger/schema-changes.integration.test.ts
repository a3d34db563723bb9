import { type BatchSchemaChange, MOST_NEW_FIELDS, OTHER_FIELDS } from "@lethe/contracts/schema-changes";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addBatch, addFile, addRun } from "../../test/ledger-rows.js";
import { inTransaction, type Pool } from "../pool.js";
import { readSchemaChanges, writeSchemaChanges } from "./schema-changes.js";

const write = (pool: Pool, batchId: string, changes: readonly BatchSchemaChange[]) =>
  inTransaction(pool, (client) => writeSchemaChanges(client, batchId, changes));

describe("schema changes", () => {
  it("are added up over a run's batches; the first place is that of the first file and line", async ({ pool }) => {
    const runId = await addRun(pool);
    const [a, b] = [await addFile(pool, runId, { path: "a.json" }), await addFile(pool, runId, { path: "b.json" })];
    const field = { change: "new", field: "/nickname" } as const;
    await write(pool, await addBatch(pool, runId), [{ ...field, records: 2, fileId: b, line: 1 }]);
    await write(pool, await addBatch(pool, runId), [{ ...field, records: 3, fileId: a, line: 40 }]);
    const missing = { change: "missing", field: "/email", records: 1, fileId: b, line: 7 } as const;
    await write(pool, await addBatch(pool, runId), [missing, { ...field, records: 1, fileId: a, line: 9 }]);
    expect((await readSchemaChanges(pool, [runId])).get(runId)).toEqual([
      { ...field, records: 6, firstFile: "a.json", firstLine: 9 },
      { change: "missing", field: "/email", records: 1, firstFile: "b.json", firstLine: 7 },
    ]);
  });

  it("of a batch take the place of those that it wrote before", async ({ pool }) => {
    const runId = await addRun(pool);
    const place = { records: 1, fileId: await addFile(pool, runId), line: 1 };
    const batchId = await addBatch(pool, runId);
    await write(pool, batchId, [{ change: "new", field: "/a", ...place }]);
    for (let i = 0; i < 2; i++) await write(pool, batchId, [{ change: "new", field: "/b", ...place }]);
    expect((await readSchemaChanges(pool, [runId])).get(runId)).toMatchObject([{ field: "/b", records: 1 }]);
    await write(pool, batchId, []);
    expect((await readSchemaChanges(pool, [runId])).get(runId)).toBeUndefined();
  });

  it("are kept apart by run, and come only for the runs that are asked for", async ({ pool }) => {
    const [one, two, none] = [
      await addRun(pool),
      await addRun(pool, { job: "products" }),
      await addRun(pool, { job: "transactions" }),
    ];
    const place = { records: 1, fileId: await addFile(pool, one), line: 1 };
    for (const [runId, field] of [
      [one, "/a"],
      [two, "/b"],
    ] as const) {
      await write(pool, await addBatch(pool, runId), [{ change: "missing", field, ...place }]);
    }
    const changes = await readSchemaChanges(pool, [two, none]);
    expect([...changes.keys()]).toEqual([two]);
    expect(changes.get(two)).toMatchObject([{ field: "/b" }]);
    expect(await readSchemaChanges(pool, [])).toEqual(new Map());
  });

  it("name so many new fields; the rarer ones stand together with those that have no name to show", async ({
    pool,
  }) => {
    const runId = await addRun(pool);
    const fileId = await addFile(pool, runId);
    const many = Array.from({ length: MOST_NEW_FIELDS + 2 }, (_, i) => ({
      ...({ change: "new", fileId, line: i + 1 } as const),
      ...{ field: `/field_${String(i).padStart(3, "0")}`, records: 100 - i },
    }));
    const missing = many.map((change) => ({ ...change, change: "missing" }) as const);
    const hidden = { change: "new", field: OTHER_FIELDS, records: 3, fileId, line: 60 } as const;
    await write(pool, await addBatch(pool, runId), [...many, ...missing, hidden]);
    const changes = (await readSchemaChanges(pool, [runId])).get(runId) ?? [];
    const named = changes.filter(({ change, field }) => change === "new" && field !== OTHER_FIELDS);
    expect(named.map(({ field }) => field)).toEqual(many.slice(0, MOST_NEW_FIELDS).map(({ field }) => field));
    // 50 and 49 records had the two that are not named: at least 50 had one of them.
    const other = changes.filter(({ field }) => field === OTHER_FIELDS);
    expect(other).toMatchObject([{ change: "new", records: 50, firstLine: MOST_NEW_FIELDS + 1 }]);
    expect(changes.filter(({ change }) => change === "missing")).toHaveLength(missing.length);
  });
});
