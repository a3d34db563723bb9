import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StagedObjectError } from "@lethe/contracts/errors";
import { BatchManifestSchema } from "@lethe/contracts/staged-batch";
import { afterAll, expect, it } from "vitest";
import { openFolderStorage } from "./folder-storage.js";
import { readJson, writeJson } from "./json-object.js";
import { openStaging } from "./staging.js";

const root = await mkdtemp(join(tmpdir(), "lethe-staging-"));
afterAll(() => rm(root, { recursive: true, force: true }));
const staging = openStaging(openFolderStorage(root));
const BATCH = { runId: "5f0c0d0e-6a54-4c0a-9a8e-0a5f6f0f3c11", batchId: "8b4f3a52-2f0f-4b7d-8a55-5cf6c3b0a0de" };

it("gives back a value of its schema", async () => {
  const manifest = { segments: [], bytes: 7 };
  await writeJson(staging, BATCH, "manifest.json", manifest);
  expect(await readJson(staging, BATCH, "manifest.json", BatchManifestSchema)).toEqual(manifest);
});

it.each([
  ["not JSON", '{"segments": [], "byt'],
  ["not of its schema", '{"segments": [], "bytes": -1}'],
  ["not of its schema", "null"],
])("says that an object is %s", async (complaint, text) => {
  await staging.write(BATCH, "damaged.json", [Buffer.from(text)]);
  const error = new StagedObjectError(`damaged.json of batch ${BATCH.batchId} is ${complaint}`);
  await expect(readJson(staging, BATCH, "damaged.json", BatchManifestSchema)).rejects.toThrow(error);
});
