import { expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addFile, addRun } from "../../test/ledger-rows.js";
import { readFreshness } from "./freshness.js";

it("returns the last file and the last success of each dataset that has had a run", async ({ pool }) => {
  const at = (seconds: number) => new Date(seconds * 1_000);
  const failed = await addRun(pool, { job: "customers", state: "failed", finished_at: at(5_000) });
  await addRun(pool, { job: "customers", state: "succeeded", finished_at: at(3_000) });
  await addRun(pool, { job: "customers", kind: "replay", state: "succeeded", finished_at: at(9_000) });
  await addFile(pool, failed, { dataset: "customers", state: "done", done_at: at(4_000) });
  await addFile(pool, failed, { dataset: "customers", state: "done", done_at: at(2_000) });
  await addFile(pool, failed, { dataset: "customers", state: "open" });
  await addRun(pool, { job: "products", state: "failed", finished_at: at(1_000) });
  expect(await readFreshness(pool)).toEqual([
    { dataset: "customers", lastFile: 4_000, lastSuccess: 3_000 },
    { dataset: "products", lastFile: null, lastSuccess: null },
  ]);
});
