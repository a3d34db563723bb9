import { REJECT_CAUSES, REJECT_REASON_NAMES, type RejectCounts } from "@lethe/contracts/reject-reasons";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeRun } from "./judge-run.js";
import { thresholdsOf } from "./run-thresholds.js";

const RUN = "6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f10";

function judge(records: number, rejectedByReason: RejectCounts, stated = {}) {
  return judgeRun({ runId: RUN, records, rejectedByReason }, thresholdsOf(stated));
}

describe("a run, without thresholds of the user's own", () => {
  it.each([
    [100, { schema: 9 }, "succeeded"],
    [100, { schema: 10 }, "succeeded_with_warnings"],
    [100, { schema: 30, unreadable: 19 }, "succeeded_with_warnings"],
    [100, { schema: 30, unreadable: 20 }, "failed"],
    [19, { schema: 19 }, "succeeded"],
    [20, { schema: 20 }, "failed"],
    [202_000, { unknown_customer: 201_999 }, "succeeded_with_warnings"],
    [100, { duplicate: 100 }, "succeeded"],
    [100, { held: 50, identity_mismatch: 50 }, "succeeded"],
    [0, {}, "succeeded"],
  ] as const)("of %i records with %j rejected ends as %s", (records, rejected, state) => {
    expect(judge(records, rejected).state).toBe(state);
  });

  it("names counts and share, the run and what to do", () => {
    const { findings } = judge(202_000, { schema: 201_999, unknown_sku: 1 });
    expect(findings.map(({ code }) => code)).toEqual(["too_many_rejects"]);
    expect(findings[0]?.message).toContain("201999 of 202000 records (>99.9 %) were rejected");
    expect(findings[0]?.message).toContain(`lethe quarantine list --run-id ${RUN}`);
    expect(findings[0]?.message).toContain("thresholds.rejects in LETHE_CHECKS_FILE");
  });
});

describe("thresholds of the user's own", () => {
  it("take the defaults' place one by one", () => {
    const stated = { rejects: { warn: "never" }, lateReferences: { fail: { rows: 3 }, minRows: 1 } };
    expect(judge(100, { schema: 49 }, stated).state).toBe("succeeded");
    expect(judge(100, { schema: 50 }, stated).state).toBe("failed");
    expect(judge(100, { unknown_sku: 2 }, stated).state).toBe("succeeded");
    expect(judge(100, { unknown_sku: 3 }, stated)).toMatchObject({
      state: "failed",
      findings: [{ code: "too_many_late_references" }],
    });
    expect(judge(5, { unknown_sku: 1 }, stated).state).toBe("succeeded_with_warnings");
  });

  it("fail a run by a number of rows however large it is", () => {
    expect(judge(1_000_000, { schema: 5 }, { rejects: { fail: { rows: 5 } } }).state).toBe("failed");
  });
});

const ORDER = { succeeded: 0, succeeded_with_warnings: 1, failed: 2 };

it("more faults never end a run better, and other rejects change nothing", () => {
  const counts = fc.dictionary(fc.constantFrom(...REJECT_REASON_NAMES), fc.nat(500), { noNullPrototype: true });
  fc.assert(
    fc.property(
      counts,
      fc.nat(5_000),
      fc.constantFrom(...REJECT_REASON_NAMES),
      (rejected: RejectCounts, loaded, reason) => {
        const records = loaded + Object.values(rejected).reduce((sum, rows) => sum + rows, 0);
        const before = judge(records + 1, rejected);
        const after = judge(records + 1, { ...rejected, [reason]: (rejected[reason] ?? 0) + 1 });
        const counts = REJECT_CAUSES[reason] === "fault" || REJECT_CAUSES[reason] === "late_reference";
        if (counts) expect(ORDER[after.state]).toBeGreaterThanOrEqual(ORDER[before.state]);
        else expect(after).toEqual(before);
      },
    ),
  );
});
