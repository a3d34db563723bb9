import { expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addRun } from "../../test/ledger-rows.js";
import { addNotice } from "./notices.js";
import { readRun } from "./read-runs.js";

it("names so many notices of each kind, once each, and counts the others", async ({ pool }) => {
  const runId = await addRun(pool);
  for (let i = 0; i < 5; i++) await addNotice(pool, runId, "empty_file", `${i}`, undefined, 3);
  // One that is named already is no other.
  await addNotice(pool, runId, "empty_file", "0", undefined, 3);
  await addNotice(pool, runId, "file_growing", "growing", undefined, 3);
  const { notices } = await readRun(pool, runId);
  expect(notices.map(({ code, path, message }) => `${code} ${path} ${message}`)).toEqual([
    ...["0", "1", "2"].map((path) => `empty_file ${path} The file holds no record.`),
    "file_growing growing The file is still being written; it stays in landing for the next run.",
    "empty_file . The file holds no record. And 2 more, not named.",
  ]);
});
