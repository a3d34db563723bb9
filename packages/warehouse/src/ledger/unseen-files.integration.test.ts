import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { addFile, addRun } from "../../test/ledger-rows.js";
import { addNotice } from "./notices.js";
import { unseenFiles } from "./unseen-files.js";

describe("unseenFiles", () => {
  it("leaves out what a run of the dataset took, in whatever state, and what has a notice", async ({ pool }) => {
    const runId = await addRun(pool);
    for (const state of ["open", "done", "quarantined", "released"]) await addFile(pool, runId, { path: state, state });
    await addFile(pool, runId, { path: "other", dataset: "products" });
    await addNotice(pool, runId, "file_busy", "noticed");
    const landed = ["open", "done", "quarantined", "released", "noticed", "other", "new"];
    expect((await unseenFiles(pool, "customers", landed)).sort()).toEqual(["new", "other"]);
  });

  it("finds nothing in an empty landing", async ({ pool }) => {
    expect(await unseenFiles(pool, "customers", [])).toEqual([]);
  });
});
