import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BatchSummarySchema, ofTransformation, STAGED } from "@lethe/contracts/staged-batch";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { readPolicy } from "@lethe/privacy/read-policy";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { readJson, writeJson } from "@lethe/storage/json-object";
import { openStaging } from "@lethe/storage/staging";
import { afterAll, expect, it } from "vitest";
import { KEY } from "../test/transform.js";
import { transformStagedBatch } from "./transform-staged-batch.js";

const root = await mkdtemp(join(tmpdir(), "lethe-transformer-"));
afterAll(() => rm(root, { recursive: true }));

const BATCH = { runId: "018f4e6e-0000-7000-8000-000000000001", batchId: "018f4e6e-0000-7000-8000-000000000002" };
const SALE = {
  transaction_id: "5f0c0d0e-6a54-4c0a-9a8e-000000000001",
  transaction_time: "2020-01-31T05:06:07",
  customer_id: "013000",
  delivery_address: { address: "1 High St", postcode: "SW1A 1AA", city: "Zürich", country: "Ireland" },
  purchases: { products: [{ sku: 1, quanitity: 2, price: "0.50", total: "1.00" }], total_cost: "1.00" },
};

it("changes nothing of what another transformation of the batch has staged, whose summary a loader may have read", async () => {
  const staging = openStaging(openFolderStorage(root));
  const datasets = createDatasets();
  const policy = readPolicy({}, datasets.fields);
  const line = Buffer.from(`${JSON.stringify(SALE)}\n`);
  const bytes = await staging.write(BATCH, STAGED.records, [line]);
  const place = { fileId: 1, partition: { date: "2020-01-31", hour: 5 }, encoding: "json" as const };
  const segments = [{ ...place, firstOrdinal: 0, lineCount: 1, firstLine: 1 }];
  await writeJson(staging, BATCH, STAGED.manifest, { segments, bytes });
  const ring = { current: KEY, all: [KEY] };
  const limits = { schemaMode: "quarantine", refundMode: "reject", maxNesting: 100 } as const;
  const suppression = { subjectId: "subject", key: KEY, outcome: "unlink" } as const;
  const lookup = {
    findSuppression: () => suppression,
    judgeArrival: () => ({ kind: "masked", suppression, bearsNew: false, hasSharedId: false }) as const,
  };
  const work = { ...BATCH, dataset: "transactions", freezes: false, poison: [], probe: null } as const;
  const transform = async () => {
    await transformStagedBatch({ staging, datasets, ring, policy, ...limits }, work, { epoch: 1, lookup });
    return readJson(staging, BATCH, STAGED.summary, BatchSummarySchema);
  };
  const folder = join(root, "staging", BATCH.runId, BATCH.batchId);
  const staged = async (transformation: string) => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(`.${transformation}`));
    return Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "latin1")] as const));
  };
  const first = await transform();
  const before = await staged(first.transformation);
  expect(before.map(([name]) => name)).toContain(ofTransformation(first.transformation, STAGED.processed));
  const second = await transform();
  expect(second.transformation).not.toBe(first.transformation);
  expect(await staged(first.transformation)).toEqual(before);
});
