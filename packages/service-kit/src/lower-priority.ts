import { readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

const NICE = constants.priority.PRIORITY_BELOW_NORMAL;
/** The position of the session id in /proc/self/stat, counted from the field after the program's name: proc_pid_stat(5). */
const SESSION_FIELD = 3;

/**
 * Lowers the priority of this process, so that one that works on batches for minutes does not delay those that answer
 * requests. On Linux it lowers the session too, if the process leads it.
 */
export function lowerPriority(): void {
  setPriority(NICE);
  if (process.platform === "linux") lowerOwnSession();
}

/**
 * Lowers the session's priority. Where Linux schedules by session (`kernel.sched_autogroup_enabled`), the priority of a
 * process counts only within its session: sched(7), "The autogroup feature".
 */
function lowerOwnSession(): void {
  try {
    if (leadsItsSession()) writeFileSync("/proc/self/autogroup", String(NICE));
  } catch {
    // Kernels without autogroups have no such file, and containers may forbid it. The service works without.
  }
}

function leadsItsSession(): boolean {
  const status = readFileSync("/proc/self/stat", "utf8");
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return fields[SESSION_FIELD] === String(process.pid);
}
