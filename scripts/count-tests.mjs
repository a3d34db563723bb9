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
