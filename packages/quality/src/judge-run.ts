import { REJECT_CAUSES, type RejectCause, type RejectCounts, type RejectReason } from "@lethe/contracts/reject-reasons";
import type { RunState, RunThresholdCode } from "@lethe/contracts/runs";
import type { Limits, RunThresholds, Threshold } from "./run-thresholds.js";

/** What became of a run's records. */
export interface RunOutcome {
  readonly runId: string;
  readonly records: number;
  readonly rejectedByReason: RejectCounts;
}

export interface RunVerdict {
  readonly state: Extract<RunState, "succeeded" | "succeeded_with_warnings" | "failed">;
  /** The thresholds that are reached. The messages hold numbers alone, and say what to do. */
  readonly findings: readonly { readonly code: RunThresholdCode; readonly message: string }[];
}

/**
 * Says how a run ends that has done its work: by how many of its records are at fault, and by how many wait for a customer or a
 * product. Records that were loaded before, and those that a person decides on, count for neither.
 */
export function judgeRun(run: RunOutcome, thresholds: RunThresholds): RunVerdict {
  const reached = RULES.flatMap((rule) => {
    const rows = countOf(run.rejectedByReason, rule.cause);
    const level = levelOf(rows, run.records, thresholds[rule.limits]);
    return level === undefined ? [] : [{ level, code: rule.code, message: describe(run, rule, rows) }];
  });
  const failures = reached.filter(({ level }) => level === "fail");
  if (failures.length > 0) return { state: "failed", findings: failures.map(withoutLevel) };
  return {
    state: reached.length > 0 ? "succeeded_with_warnings" : "succeeded",
    findings: reached.map(withoutLevel),
  };
}

interface Rule {
  readonly code: RunThresholdCode;
  readonly cause: RejectCause;
  readonly limits: keyof RunThresholds;
  readonly what: string;
  readonly toDo: (runId: string) => string;
}

const RULES: readonly Rule[] = [
  {
    code: "too_many_rejects",
    cause: "fault",
    limits: "rejects",
    what: "were rejected",
    toDo: (runId) =>
      `What was loaded stays, and the rejected records are in quarantine: \`lethe quarantine list --run-id ${runId}\`. Have them delivered corrected`,
  },
  {
    code: "too_many_late_references",
    cause: "late_reference",
    limits: "lateReferences",
    what: "refer to a customer or a product that is not in the warehouse",
    toDo: () => "They wait in quarantine and are loaded by themselves once it comes. Deliver what is missing",
  },
];

type Level = "warn" | "fail";

function levelOf(rows: number, records: number, limits: Limits): Level | undefined {
  if (isReached(limits.fail, rows, records, limits.minRows)) return "fail";
  return isReached(limits.warn, rows, records, limits.minRows) ? "warn" : undefined;
}

function isReached(threshold: Threshold, rows: number, records: number, minRows: number): boolean {
  if (threshold === "never") return false;
  if (threshold.rows !== undefined && rows >= threshold.rows) return true;
  return threshold.percent !== undefined && records >= minRows && 100 * rows >= threshold.percent * records;
}

function countOf(counts: RejectCounts, cause: RejectCause): number {
  const reasons = Object.entries(counts) as [RejectReason, number][];
  return reasons.reduce((sum, [reason, rows]) => (REJECT_CAUSES[reason] === cause ? sum + rows : sum), 0);
}

function describe({ runId, records }: RunOutcome, { what, toDo, limits }: Rule, rows: number): string {
  const percent = (100 * rows) / records;
  const share = percent > 99.9 && rows < records ? ">99.9" : percent.toFixed(percent < 10 ? 1 : 0);
  return `${rows} of ${records} records (${share} %) ${what}. ${toDo(runId)}, or raise thresholds.${limits} in LETHE_CHECKS_FILE.`;
}

function withoutLevel<T extends { readonly level: Level }>({ level: _level, ...finding }: T): Omit<T, "level"> {
  return finding;
}
