import { readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

const NICE = constants.priority.PRIORITY_BELOW_NORMAL;
/** Session's number in /proc/self/stat, counted from behind the program's name: proc_pid_stat(5). */
const SESSION_FIELD = 3;

/**
 * Has the machine run other processes first, where they want the same core: a service that works on batches for minutes
 * would keep whoever asks the API waiting. A process that shares its session with others lowers itself alone.
 */
export function lowerPriority(): void {
  setPriority(NICE);
  if (process.platform === "linux") lowerOwnSession();
}

/**
 * Where Linux shares cores out by session (`kernel.sched_autogroup_enabled`), a process's priority counts only inside its own
 * session, and a session that runs on several cores can wait a tenth of a second for one that never sleeps. The session's own
 * priority is what helps then: sched(7), "The autogroup feature".
 */
function lowerOwnSession(): void {
  try {
    if (leadsItsSession()) writeFileSync("/proc/self/autogroup", String(NICE));
  } catch {
    // Kernels without autogroups have no such file, and containers may forbid it. A service works as well without.
  }
}

function leadsItsSession(): boolean {
  const status = readFileSync("/proc/self/stat", "utf8");
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return fields[SESSION_FIELD] === String(process.pid);
}
