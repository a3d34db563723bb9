import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { replaceFile } from "@lethe/storage/replace-file";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

/** What a running `lethe up` leaves in its data folder, so that commands in other terminals reach the same servers. */
const RunningStackSchema = Type.Object({
  /** The process of `lethe up`. */
  pid: Type.Integer({ minimum: 1 }),
  databaseUrl: Type.String(),
  redisUrl: Type.String(),
  queuePrefix: Type.String(),
});
export type RunningStack = Static<typeof RunningStackSchema>;

const runningStack = Compile(RunningStackSchema);

/** Returns the stack that runs on a data folder; undefined when none does, also when one died and left its file. */
export async function readRunningStack(dataDirectory: string): Promise<RunningStack | undefined> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(stackFile(dataDirectory), "utf8"));
  } catch {
    return undefined;
  }
  return runningStack.Check(content) && isAlive(content.pid) ? content : undefined;
}

/** Leaves the file, readable by its owner only: the URLs hold passwords. */
export async function writeRunningStack(dataDirectory: string, stack: RunningStack): Promise<void> {
  await replaceFile(stackFile(dataDirectory), `${JSON.stringify(stack)}\n`, 0o600);
}

/** Removes the file that describes the running stack. */
export async function removeRunningStack(dataDirectory: string): Promise<void> {
  await rm(stackFile(dataDirectory), { force: true });
}

function stackFile(dataDirectory: string): string {
  return path.join(dataDirectory, "stack.json");
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return hasSystemCode(error, "EPERM");
  }
}
