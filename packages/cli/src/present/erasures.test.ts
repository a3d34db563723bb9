import type { Erasure } from "@lethe/contracts/erasures";
import { formatDays } from "@lethe/contracts/format-number";
import type { Request } from "@lethe/contracts/requests";
import { describe, expect, it } from "vitest";
import { formatErasure, formatErasures, formatPlan, summarizeErasures } from "./erasures.js";
import { formatNumberRanges } from "./number-ranges.js";
import { formatStatus } from "./status.js";

function erasure(changes: Partial<Erasure> = {}): Erasure {
  return {
    id: "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10",
    state: "completed",
    pseudonym: "p_92b97d5c172b3b29aaab",
    found: true,
    policyVersion: "1",
    outcome: "pseudonymise",
    runId: "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f11",
    requestedAt: "2022-03-01T01:00:00.000Z",
    receivedAt: "2022-03-02T00:00:00.123Z",
    suppressedAt: "2022-03-02T00:00:01.000Z",
    completedAt: "2022-03-03T12:00:00.000Z",
    due: "2022-04-02T00:00:00.123Z",
    isExtended: false,
    receiptNumber: 7,
    daysOpen: 1.5,
    daysLeft: null,
    ...changes,
  };
}

const open = (id: string, daysOpen = 3) =>
  erasure({ id, state: "suppressed", completedAt: null, daysOpen, daysLeft: 28 - daysOpen });

describe("numbers of receipts", () => {
  it.each([
    [[], ""],
    [[7], "7"],
    [[1, 2, 3, 4, 5, 6], "1 to 6"],
    [[9, 3, 2, 5, 2], "2 to 3, 5, 9"],
    [[10, 9], "9 to 10"],
  ])("%j are written as %j", (numbers, text) => {
    expect(formatNumberRanges(numbers)).toBe(text);
  });
});

describe("the summary of a run's erasures", () => {
  const ids = ["a", "b", "c"];

  it("counts the completed ones and names their receipts", () => {
    const numbers = new Map(ids.map((id, index) => [id, index + 4]));
    expect(
      summarizeErasures(
        ids.map((id) => erasure({ id })),
        numbers,
      ),
    ).toBe("erasures: 3 completed, receipts 4 to 6");
    expect(summarizeErasures([erasure({ id: "a" })], numbers)).toBe("erasures: 1 completed, receipt 4");
  });

  it("says how many are not done, and nothing when there are none", () => {
    expect(summarizeErasures([open("a")], new Map())).toBe("erasures: 0 completed, 1 still open");
    expect(summarizeErasures([], new Map())).toBe("");
  });
});

it("gives an erasure a row with its days and its receipt", () => {
  const text = formatErasures([erasure(), open("b", 3.25)], new Map([[erasure().id, 12]]));
  expect(text).toMatch(
    /^6c1d8a52\S+ +completed +p_92\w+ +yes +2022-03-02 01:00:00 CET +1\.5 +2022-04-02 02:00:00 CEST +12$/m,
  );
  expect(text).toMatch(
    /^b +suppressed +p_92\w+ +yes +2022-03-02 01:00:00 CET +3\.3 +24\.8 +2022-04-02 02:00:00 CEST$/m,
  );
});

it("tells of one erasure what it has masked so far", () => {
  const places = [
    { place: "archived_data", name: "date=2022-02-01/hour=01/a\u001b[2J.json", records: 2, values: 1_300 },
  ];
  const text = formatErasure(open("b"), places, undefined);
  expect(text).toContain("completed         not yet");
  expect(text).toMatch(/archived_data\/date=2022-02-01\/hour=01\/a\\x1b\[2J\.json +2 +1,300$/m);
  expect(formatErasure(open("b"), [], undefined)).toContain("nothing was masked so far");
});

it("says in a plan whether the email is the customer's, and where their records are", () => {
  const places = [{ place: "warehouse.customers", name: "", records: 1, values: 0 }];
  expect(formatPlan({ identity: "mismatch", places })).toMatch(/not the customer's[\s\S]*warehouse\.customers +1$/);
  expect(formatPlan({ identity: "unknown", places: [] })).toContain("No record is kept of this person.");
});

it("shows a short time as what it is", () => {
  expect([0.004, 0.5, 1, 27.96, -0.25].map(formatDays)).toEqual(["<0.01", "0.50", "1.0", "28.0", "-0.25"]);
});

describe("open requests in the status", () => {
  const request = (id: string, daysOpen: number, state: Request["state"] = "suppressed"): Request => ({
    id,
    state,
    erasureId: null,
    quarantineId: null,
    receivedAt: "2022-03-02T00:00:00.123Z",
    due: "2022-04-02T00:00:00.123Z",
    isExtended: false,
    closedAt: null,
    daysOpen,
    daysLeft: 31 - daysOpen,
    reason: null,
  });
  const status = (openRequests: readonly Request[]) =>
    formatStatus([
      { job: "erasure-requests", lastRun: null, schemaChanges: [], activeRuns: [], openQuarantine: {}, openRequests },
    ]);

  it("are shown with days open, the day they are due and days left, and as late when they are", () => {
    expect(status([request("a", 33), request("7", 3, "malformed")])).toContain(
      "open requests, the oldest first\n  a (suppressed): 33.0 days open, due 2022-04-02, 2.0 late\n" +
        "  7 (malformed): 3.0 days open, due 2022-04-02, 28.0 left",
    );
  });

  it("are ten at most, and how many more there are", () => {
    const text = status(Array.from({ length: 13 }, (_, index) => request(`e${index}`, 1)));
    expect(text).toContain("  e9 ");
    expect(text).not.toContain("  e10 ");
    expect(text).toContain("  and 3 more");
  });

  it("are not spoken of when there are none", () => {
    expect(status([])).not.toContain("requests,");
  });
});
