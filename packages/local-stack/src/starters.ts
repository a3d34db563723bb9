import { parentOf, programOf } from "../process-start.mjs";
import { identify, type ProcessIdentity } from "./process-identity.js";

const SHELLS = /^(sh|dash|bash|ash|zsh|ksh|busybox)$/;

/** Returns who has started a process: its parent, and while that is a shell, the parent of that. */
export async function startersOf(pid: number): Promise<ProcessIdentity[]> {
  const starters: ProcessIdentity[] = [];
  for (let parent = await parentOf(pid); parent !== undefined && parent > 1; parent = await parentOf(parent)) {
    starters.push(await identify(parent));
    if (!SHELLS.test(await programOf(parent))) break;
  }
  return starters;
}
