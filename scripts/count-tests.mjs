/**
 * Counts a suite by vitest's JSON report and its exit code. A skipped test counts as failed (nothing is left out in
 * silence), one that is an explicit todo does not count. A file that failed as a whole, a report that is missing, and a
 * failure that no test shows (an error outside of all of them) count as one failed each.
 */
export function countTests(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1 };
  const counts = { passed: 0, failed: 0 };
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map((test) => test.status).filter((status) => status !== "todo");
    const passed = statuses.filter((status) => status === "passed").length;
    counts.passed += passed;
    counts.failed += statuses.length - passed;
    if (file.status === "failed" && statuses.length === passed) counts.failed += 1;
  }
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Returns what failed of a suite that did not pass, by vitest's JSON report: a line for each test, and for a file that failed as a whole. */
export function failedTests(report) {
  if (report === undefined) return ["the suite left no report"];
  const names = report.testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status !== "passed" && test.status !== "todo");
    if (failed.length === 0) return status === "failed" ? [`${name}: could not be run`] : [];
    return failed.map((test) => `${name}: ${test.fullName} (${test.status})`);
  });
  return names.length > 0 ? names : ["an error outside of all tests"];
}
