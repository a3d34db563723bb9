import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { readPolicy } from "@lethe/privacy/read-policy";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import type { Storage } from "@lethe/storage/storage";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { takeErasures } from "@lethe/warehouse/erasures/erasure-fence";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import { afterAll, beforeAll, beforeEach, expect, inject, it, onTestFinished } from "vitest";
import { erasePersonFiles } from "./erase-person-files.js";
import type { PersonFile } from "./person-files.js";
import { startSearchRun } from "./search-run.js";
import { createSearchedPeople } from "./searched-people.js";

const datasets = createDatasets();
const ONE = { erasure: "11111111-1111-4111-8111-111111111111", id: "004004" };
const TWO = { erasure: "22222222-2222-4222-8222-222222222222", id: "004005" };
const PATH = "date=2020-01-01/hour=00/customers.json.gz";
const FILE = {
  ...{ dataset: "customers", path: PATH, partition: { date: "2020-01-01", hour: 0 } },
  ...{ isSealed: false, isExpected: true },
};
const format = { shape: "ndjson", gzip: true } as const;
const RAW: PersonFile = { ...FILE, place: "archived_data", format, fileIds: [1] };
const PROCESSED: PersonFile = { ...FILE, place: "processed_data", format, fileIds: [1] };
const CONTENT = gzipSync(`{"id":"${ONE.id}"}\n{"id":"${TWO.id}"}\n{"id":"004006"}\n`);

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 6, "lethe-erase-files");
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await pool.query(
    `truncate ledger.processed_files, ledger.rewritten_files, ledger.runs, ledger.files, warehouse.erasure_requests,
              privacy.subjects, privacy.erasure_places restart identity cascade`,
  );
  await pool.query(
    `insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'failed');
     insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state, kept_path)
     select 'customers', '${PATH}', '2020-01-01', 0, sha256('a'), 1, id, 'done', '${PATH}' from ledger.runs;
     insert into privacy.subjects (outcome) values ('unlink');
     insert into ledger.processed_files (dataset, partition_date, partition_hour, bytes)
     values ('customers', '2020-01-01', 0, ${CONTENT.length});`,
  );
  for (const { erasure } of [ONE, TWO]) {
    await pool.query(
      `insert into warehouse.erasure_requests (id, customer_key, email_key, pseudonym, state, policy_version, requested_at,
                                               source_file_id, key_id, run_id, subject_id, outcome)
       select $1::uuid, 'a', 'b', 'p_' || $1::text, 'suppressed', 'v', now(), 1, 'k', r.id, s.id, 'unlink'
       from ledger.runs r, privacy.subjects s`,
      [erasure],
    );
  }
});

async function openEraser() {
  const folder = await mkdtemp(join(tmpdir(), "lethe-erase-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const storage = openFolderStorage(folder);
  for (const area of ["archived", "processed"] as const) await (await storage.write(area, PATH, [CONTENT])).commit();
  const policy = readPolicy({}, datasets.fields);
  const rest = { maxUnpackRatio: 100, fullSearchBytes: 0, ring: parseKeyring("11".repeat(32)) };
  const context = { pool, storage, staging: openStaging(storage), datasets, policy, ...rest };
  const erase = async (file: PersonFile, people: readonly (typeof ONE)[], onStep?: (step: string) => Promise<void>) => {
    const fence = await takeErasures(pool);
    const values = people.map(({ erasure, id }) => {
      return [erasure, { ids: [id], emails: [], names: [], values: [], fileIds: [1] }] as const;
    });
    const search = { people: createSearchedPeople(new Map(values), datasets), findSuppression: () => undefined };
    const run = startSearchRun();
    const overtaking = onStep === undefined ? {} : { storage: overtaken(storage, onStep) };
    await erasePersonFiles(
      { ...context, fence, ...overtaking },
      [file],
      { ...search, replacementOf: () => undefined },
      run,
    );
    return run;
  };
  return { storage, erase };
}

/** Creates a storage that stops between a file's writing and its taking its place, as a process may that is stopped there. */
function overtaken(storage: Storage, meanwhile: (step: string) => Promise<void>): Storage {
  return {
    ...storage,
    async write(area, key, content, options) {
      const written = await storage.write(area, key, content, options);
      await meanwhile("written");
      return {
        ...written,
        async commit() {
          await meanwhile("before the rename");
          await written.commit();
        },
      };
    },
  };
}

it.each([
  ["written", "fenced_off"],
  ["before the rename", "transient"],
])("leaves an archived file to the successor of one that slept when it was %s", async (at, code) => {
  const { storage, erase } = await openEraser();
  const late = erase(RAW, [ONE], async (step) => {
    if (step === at) await erase(RAW, [ONE, TWO]);
  });
  await expect(late).rejects.toMatchObject({ code });
  const run = await erase(RAW, [ONE, TWO]);
  expect([...run.found]).toEqual([]);
  expect(await storage.read("archived", PATH)).not.toEqual(CONTENT);
});

it("leaves a processed file to whoever took its publication while its own connection was lost", async () => {
  const { storage, erase } = await openEraser();
  const late = erase(PROCESSED, [ONE], async (step) => {
    if (step !== "before the rename") return;
    await pool.query(
      `select pg_terminate_backend(pid) from pg_locks
       where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    );
    await erase(PROCESSED, [ONE, TWO]);
  });
  await expect(late).rejects.toMatchObject({ code: "transient" });
  const { rows } = await pool.query("select bytes, next_bytes from ledger.processed_files");
  expect(rows).toEqual([{ bytes: (await storage.read("processed", PATH))?.length, next_bytes: null }]);
  expect([...(await erase(PROCESSED, [ONE, TWO])).found]).toEqual([]);
});

it("gives up where a masking that needs no fence has replaced the file", async () => {
  const { storage, erase } = await openEraser();
  const newer = Buffer.from("newer");
  const late = erase(RAW, [ONE], async (step) => {
    if (step === "before the rename") await (await storage.write("archived", PATH, [newer])).commit();
  });
  await expect(late).rejects.toMatchObject({ code: "transient" });
  expect(await storage.read("archived", PATH)).toEqual(newer);
});
