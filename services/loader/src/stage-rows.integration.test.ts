import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StagedObjectError } from "@lethe/contracts/errors";
import { type BatchSummary, ofTransformation, STAGED } from "@lethe/contracts/staged-batch";
import { copyRow } from "@lethe/datasets/copy-text";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import { createPool, inTransaction } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { stageRows } from "./stage-rows.js";

const BATCH = { runId: "018f4e6e-0000-7000-8000-000000000001", batchId: "018f4e6e-0000-7000-8000-000000000002" };
const ROWS = 200_000;
const customers = createDatasets().get("customers");
const [TABLE] = customers.stagingTables as [(typeof customers.stagingTables)[number]];
const OBJECT = ofTransformation("01", STAGED.table(TABLE.name));

const pool = createPool(inject("databaseUrl"), 1, "lethe-stage-rows");
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lethe-stage-rows-"));
});
afterAll(async () => {
  await pool.end();
  await rm(root, { recursive: true });
});

/** Stages rows, the first with this ordinal, and copies them into the temporary table; returns how many are there. */
async function stageAndCopy(ordinal: string, harm: (path: string) => Promise<void>): Promise<number> {
  const staging = openStaging(openFolderStorage(root));
  const rest = TABLE.columns.slice(1).map(() => null);
  const later = Buffer.from(copyRow([1, ...rest]).repeat(ROWS - 1));
  const bytes = await staging.write(BATCH, OBJECT, [Buffer.from(copyRow([ordinal, ...rest])), later]);
  await harm(join(root, "staging", BATCH.runId, BATCH.batchId, OBJECT));
  const summary: BatchSummary = {
    transformation: "01",
    suppressionEpoch: 0,
    policyVersion: "1",
    tables: [{ table: TABLE.name, bytes }],
    rejectBytes: 0,
    rejectedByReason: {},
    segments: [],
    schemaChanges: [],
    warnings: [],
    joined: 0,
    newQuestions: 0,
  };
  return inTransaction(pool, async (client) => {
    const columns = TABLE.columns.map(([column, type]) => `${column} ${type}`).join(", ");
    await client.query(`create temp table ${TABLE.name} (${columns}) on commit drop`);
    await stageRows(client, staging, BATCH, customers, summary);
    const { rows } = await client.query<{ n: number }>(`select count(*) as n from ${TABLE.name}`);
    return rows[0]?.n ?? 0;
  });
}

it("copies what is whole", async () => {
  expect(await stageAndCopy("0", async () => undefined)).toBe(ROWS);
});

it("tells damage that PostgreSQL refuses long before the end from rows that are no rows", async () => {
  const changed = async (path: string) => {
    const bytes = await readFile(path);
    bytes.writeUInt8("x".charCodeAt(0), 0);
    await writeFile(path, bytes);
  };
  await expect(stageAndCopy("0", changed)).rejects.toThrow(StagedObjectError);
  await expect(stageAndCopy("x", async () => undefined)).rejects.toMatchObject({ code: "22P02" });
});
