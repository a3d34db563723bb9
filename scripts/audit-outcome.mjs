/** What `pnpm audit` says when no registry answers with advisories: it gives none, or what it gives is no answer. */
const NO_ANSWER = new Set(["ERR_PNPM_AUDIT_BAD_RESPONSE", "ERR_PNPM_AUDIT_ENDPOINT_NOT_EXISTS"]);

/**
 * Reports what an audit has come to, by the JSON that `pnpm audit --json` wrote and its exit code: `passed`, `failed`, or
 * `not possible` where nobody could be asked; with a line for people. An audit that ended in any other way has failed.
 */
export function auditOutcome(output, exitCode) {
  const report = parse(output);
  const code = report?.error?.code;
  // Codes that are not pnpm's own are those of the network: ECONNREFUSED, ENOTFOUND, ETIMEDOUT.
  if (typeof code === "string" && (NO_ANSWER.has(code) || !code.startsWith("ERR_PNPM_"))) {
    return { outcome: "not possible", reason: `no registry answered with advisories (${code})` };
  }
  const found = report?.metadata?.vulnerabilities;
  if (typeof found !== "object" || found === null) {
    return { outcome: "failed", reason: `the audit ended without a report (${code ?? `exit code ${exitCode}`})` };
  }
  const grave = (found.high ?? 0) + (found.critical ?? 0);
  if (grave === 0 && exitCode === 0) return { outcome: "passed", reason: "no advisory of level high or critical" };
  const packages = Object.values(report.advisories ?? {})
    .filter(({ severity }) => severity === "high" || severity === "critical")
    .map(({ module_name: name, severity, title }) => `${name} (${severity}): ${title}`);
  return { outcome: "failed", reason: [`${grave} advisories of level high or critical`, ...packages].join("\n  ") };
}

function parse(output) {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
