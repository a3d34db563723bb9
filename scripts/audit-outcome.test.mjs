import { expect, test } from "vitest";
import { auditOutcome } from "./audit-outcome.mjs";

const report = (vulnerabilities, advisories = {}) =>
  JSON.stringify({ advisories, metadata: { vulnerabilities: { info: 0, low: 0, moderate: 0, ...vulnerabilities } } });
const error = (code) => JSON.stringify({ error: { code, message: "" } });

test.each([
  ["nothing found", report({ high: 0, critical: 0 }), 0, "passed"],
  ["only what is moderate or less", report({ low: 3, moderate: 2, high: 0, critical: 0 }), 0, "passed"],
  ["something high", report({ high: 1, critical: 0 }), 1, "failed"],
  ["something critical, whatever the exit code", report({ high: 0, critical: 1 }), 0, "failed"],
  ["an exit code that the counts do not explain", report({ high: 0, critical: 0 }), 1, "failed"],
  ["a registry without advisories", error("ERR_PNPM_AUDIT_ENDPOINT_NOT_EXISTS"), 1, "not possible"],
  ["a registry that refuses the question", error("ERR_PNPM_AUDIT_BAD_RESPONSE"), 1, "not possible"],
  ["no network", error("ECONNREFUSED"), 1, "not possible"],
  ["no name service", error("EAI_AGAIN"), 1, "not possible"],
  ["no lock file", error("ERR_PNPM_AUDIT_NO_LOCKFILE"), 1, "failed"],
  ["no JSON", " ERROR  Unknown option", 1, "failed"],
  ["no output", "", 0, "failed"],
  ["a report of another form", JSON.stringify({ metadata: {} }), 0, "failed"],
])("%s", (_name, output, exitCode, outcome) => {
  expect(auditOutcome(output, exitCode)).toMatchObject({ outcome });
});

test("names what was found", () => {
  const advisories = {
    1: { module_name: "left-pad", severity: "high", title: "Pads to the right" },
    2: { module_name: "is-odd", severity: "low", title: "Is even" },
  };
  const { reason } = auditOutcome(report({ high: 1, critical: 0 }, advisories), 1);
  expect(reason).toContain("left-pad (high): Pads to the right");
  expect(reason).not.toContain("is-odd");
});
