import { randomUUID } from "node:crypto";
import { NotFoundError } from "@lethe/contracts/errors";
import { parseRangeEnd } from "@lethe/contracts/partition";
import { describe, expect } from "vitest";
import { it } from "../../test/ledger-database.js";
import { openRun } from "./open-run.js";
import { readRunRequest } from "./read-run-request.js";

describe("readRunRequest", () => {
  it("returns what a run was opened to do", async ({ pool }) => {
    const replayFilter = { dataset: "products", reason: "schema", runId: randomUUID() } as const;
    const range = { from: "2020-01-01T05", to: "2020-01-02" };
    const request = { job: "products", kind: "replay", trigger: "cli", force: true, replayFilter, ...range } as const;
    const from = parseRangeEnd(range.from, "from");
    const to = parseRangeEnd(range.to, "to");
    expect(await readRunRequest(pool, await openRun(pool, request))).toEqual({
      ...{ dataset: "products", kind: "replay", range: { from, to }, force: true, replayFilter },
    });
  });

  it("names no end of a range that has none", async ({ pool }) => {
    const open = { job: "customers", kind: "files", trigger: "api" } as const;
    expect(await readRunRequest(pool, await openRun(pool, open))).toEqual({
      ...{ dataset: "customers", kind: "files", range: {}, force: false, replayFilter: null },
    });
    const to = parseRangeEnd("2020-01-02", "to");
    const half = await openRun(pool, { ...open, job: "products", to: "2020-01-02" });
    expect(await readRunRequest(pool, half)).toMatchObject({ range: { to } });
  });

  it("knows no run of another id", async ({ pool }) => {
    await expect(readRunRequest(pool, randomUUID())).rejects.toThrow(NotFoundError);
  });
});
