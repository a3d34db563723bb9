import path from "node:path";
import { AlreadyRunningError } from "@lethe/contracts/errors";
import { type ProcessLock, takeLock } from "@lethe/local-stack/process-lock";
import { readRunningStack } from "../stack-file.js";

/**
 * Takes a data folder for this `lethe up`. Throws AlreadyRunningError, which says where the other one is and what to do, when one
 * runs on it; what a dead one has left running is ended first.
 */
export async function takeFolder(dataDirectory: string): Promise<ProcessLock> {
  return takeLock(upLock(dataDirectory), async ({ pid }) => {
    const stack = await readRunningStack(dataDirectory);
    const where =
      stack?.address === undefined
        ? "it is still starting, or ends"
        : `its console is at ${stack.address}/, its API's page at ${stack.address}/docs`;
    return new AlreadyRunningError(
      `Lethe runs on DATA_DIR, ${dataDirectory}, already, as process ${pid}; ${where}. ` +
        `Use it (\`npm run lethe -- status\`), stop it first (\`kill ${pid}\`, or Ctrl-C in its terminal), or name another folder in DATA_DIR.`,
    );
  });
}

/** Returns the path of the lock of the process that runs on a data folder. */
export function upLock(dataDirectory: string): string {
  return path.join(dataDirectory, "up.lock");
}
