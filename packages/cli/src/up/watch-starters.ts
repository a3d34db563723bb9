import { isRunning } from "@lethe/local-stack/process-identity";
import { startersOf } from "@lethe/local-stack/starters";
import type { Environment } from "@lethe/service-kit/settings";

const POLL_MS = 500;

/**
 * Calls `onEnd` when npm, or the shell between it and this process, ends. npm starts a script by a shell and hands signals on
 * to that alone, so a SIGTERM to either would leave this process behind, with all that it has started; so would a SIGKILL. No
 * event tells of a parent's end, so this looks twice a second. Where no npm has started this process, it may outlive its parent, as
 * under `nohup`, and nothing is watched. Returns what ends the watch.
 */
export async function watchStarters(environment: Environment, onEnd: () => void): Promise<() => void> {
  if (environment.npm_lifecycle_event === undefined) return () => undefined;
  const starters = await startersOf(process.pid);
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    const areRunning = await Promise.all(starters.map(isRunning));
    isLooking = false;
    if (areRunning.every(Boolean)) return;
    clearInterval(timer);
    onEnd();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
