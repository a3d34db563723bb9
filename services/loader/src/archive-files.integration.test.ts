import { createHash } from "node:crypto";
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { contentHashes } from "@lethe/privacy/content-hash";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import type { Pool } from "@lethe/warehouse/pool";
import { describe, expect } from "vitest";
import { addFile, addRun, readRow } from "../../../packages/warehouse/test/ledger-rows.js";
import { it, readData, writeData } from "../test/loader-fixture.js";
import { archiveFiles } from "./archive-files.js";

const FOLDER = "date=2020-01-01/hour=05";
const PATH = `${FOLDER}/customers.json`;
const CONTENT = '{"id":"013000"}\n';
const COMPLETE = { batches_total: 1, batches_loaded: 1 };

/** Returns the columns of a file of this content. */
function contentOf(content: string | Buffer) {
  const [sha256] = contentHashes(parseKeyring("11".repeat(32)), createHash("sha256").update(content).digest());
  return { sha256, bytes: Buffer.byteLength(content) };
}

/** Adds a complete file of this content to a run, which it has claimed; returns its id. */
async function land(pool: Pool, data: string, runId: string, content = CONTENT, columns = {}): Promise<number> {
  await writeData(data, `claimed/${runId}/${PATH}`, content);
  return addFile(pool, runId, { path: PATH, ...contentOf(content), ...COMPLETE, ...columns });
}

describe("archiveFiles", () => {
  it("moves complete files and the folders that they leave empty, and none that is not complete", async ({
    context,
    pool,
    data,
    log,
  }) => {
    const runId = await addRun(pool);
    const id = await land(pool, data, runId);
    const left = `date=2020-01-02/hour=05/customers.json`;
    await writeData(data, `claimed/${runId}/${left}`, "left");
    await addFile(pool, runId, { path: left, batches_total: 2, batches_loaded: 1 });
    for (let i = 0; i < 2; i++) await archiveFiles(context, runId, "customers", log);
    const kept = `${FOLDER}/customers.${id}.json`;
    expect((await readData(data, `archived_data/${kept}`)).toString()).toBe(CONTENT);
    expect(await readRow(pool, "ledger.files", id)).toMatchObject({ state: "done", path: kept, kept_path: kept });
    expect(await readdir(join(data, "claimed", runId))).toEqual(["date=2020-01-02"]);
    await expect(readData(data, `archived_data/${left}`)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("leaves out what the sender called a packed file, and keeps the bytes of one that has the dataset's name", async ({
    context,
    pool,
    data,
    log,
  }) => {
    const packed = gzipSync(CONTENT);
    const named = (name: string) => {
      const bytes = Buffer.concat([packed.subarray(0, 10), Buffer.from(`${name}\0`), packed.subarray(10)]);
      bytes[3] = 0x08;
      return bytes;
    };
    for (const [name, kept] of [
      ["of jane@box.example.json", packed],
      ["customers.json", named("customers.json")],
    ] as const) {
      const runId = await addRun(pool);
      const path = `${PATH}.gz`;
      await writeData(data, `claimed/${runId}/${path}`, named(name));
      const id = await addFile(pool, runId, { path, ...contentOf(named(name)), ...COMPLETE });
      await archiveFiles(context, runId, "customers", log);
      expect(await readData(data, `archived_data/${FOLDER}/customers.${id}.json.gz`)).toEqual(kept);
      await pool.query("update ledger.files set state = 'released'; update ledger.runs set state = 'succeeded'");
    }
  });

  it("goes on where a crash came between the word and the move", async ({ context, pool, data, log, logged }) => {
    const runId = await addRun(pool);
    const announced = `${FOLDER}/customers~other.json`;
    const id = await land(pool, data, runId, CONTENT, { kept_path: announced });
    await archiveFiles(context, runId, "customers", log);
    expect((await readData(data, `archived_data/${announced}`)).toString()).toBe(CONTENT);
    expect(await readRow(pool, "ledger.files", id)).toMatchObject({ state: "done", kept_path: announced });
    expect(logged.join("")).not.toContain("was removed");
  });

  it("goes on where a crash came between the move and the word of it", async ({ context, pool, data, log, logged }) => {
    const runId = await addRun(pool);
    const id = await land(pool, data, runId, CONTENT, { kept_path: PATH });
    await writeData(data, `archived_data/${FOLDER}/other.json`, "other");
    await rename(join(data, `claimed/${runId}/${PATH}`), join(data, `archived_data/${PATH}`));
    await archiveFiles(context, runId, "customers", log);
    expect((await readData(data, `archived_data/${PATH}`)).toString()).toBe(CONTENT);
    expect(await readRow(pool, "ledger.files", id)).toMatchObject({ state: "done", kept_path: PATH });
    expect(logged.join("")).not.toContain("was removed");
  });

  it("keeps files side by side that came under one name", async ({ context, pool, data, log }) => {
    const ids: number[] = [];
    for (const content of ["first\n", "second\n"]) {
      const runId = await addRun(pool);
      ids.push(await land(pool, data, runId, content));
      await archiveFiles(context, runId, "customers", log);
      await pool.query("update ledger.files set state = 'released'; update ledger.runs set state = 'succeeded'");
    }
    const [first, second] = ids.map((id) => `archived_data/${FOLDER}/customers.${id}.json`);
    expect((await readData(data, first ?? "")).toString()).toBe("first\n");
    expect((await readData(data, second ?? "")).toString()).toBe("second\n");
  });

  it("is done with a file that somebody has removed, and warns of it", async ({ context, pool, data, log, logged }) => {
    const runId = await addRun(pool);
    const id = await land(pool, data, runId);
    await rm(join(data, `claimed/${runId}/${PATH}`));
    await archiveFiles(context, runId, "customers", log);
    expect(await readRow(pool, "ledger.files", id)).toMatchObject({ state: "done" });
    expect(logged.join("")).toContain("was removed");
    // Its name came from outside.
    expect(logged.join("")).not.toContain(PATH);
    expect(logged.join("")).toContain(`"file":${id}`);
  });
});
