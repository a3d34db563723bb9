import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { hasSystemCode } from "@lethe/contracts/system-error";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { identify, isRunning, type ProcessIdentity, ProcessIdentitySchema } from "./process-identity.js";

/** Who has something to itself: a process, its keeper, and the processes that it has started for it. */
const LockSchema = Type.Object({
  owner: ProcessIdentitySchema,
  keeper: Type.Optional(ProcessIdentitySchema),
  /** In the order in which they are to end. */
  children: Type.Array(ProcessIdentitySchema),
});
type LockContent = Static<typeof LockSchema>;
const lockContent = Compile(LockSchema);

export interface ProcessLock {
  readonly owner: ProcessIdentity;
  /** Writes down the processes that the next owner must wait for, should this one die. */
  record(keeperPid: number, childPids: readonly number[]): Promise<void>;
  /** Ends recorded processes that still run: those whose keeper was killed. */
  endChildren(): Promise<void>;
  /** Removes the lock, unless it is another's by now. */
  release(): Promise<void>;
}

/** What stands in a file of a process that owns something, and in no other's: for the keeper, which removes it at the end. */
export function ownerMark({ pid, startedAt }: ProcessIdentity): string {
  return JSON.stringify({ pid, startedAt }).slice(1, -1);
}

/** The keeper gives servers 30 s to stop. */
const HEAL_MS = 45_000;
const POLL_MS = 50;

/**
 * Takes a lock that is a file. Throws what `refusal` returns if another living process has it. If the process that had it is
 * dead, first waits for the processes that it left behind, and in the end stops them.
 */
export async function takeLock(
  file: string,
  refusal: (owner: ProcessIdentity) => Promise<Error> | Error,
): Promise<ProcessLock> {
  const owner = await identify(process.pid);
  let content: LockContent = { owner, children: [] };
  while (!(await createFile(file, content))) {
    const other = await readLock(file);
    if (other !== undefined && (await isRunning(other.owner))) throw await refusal(other.owner);
    await endLeftovers(other);
    await removeIfSame(file, other);
  }
  return {
    owner,
    async record(keeperPid, childPids) {
      content = { ...content, keeper: await identify(keeperPid), children: await Promise.all(childPids.map(identify)) };
      const unfinished = `${file}-${randomUUID()}`;
      await writeFile(unfinished, JSON.stringify(content), { mode: 0o600 });
      await rename(unfinished, file);
    },
    endChildren: () => endLeftovers(content),
    release: () => removeIfSame(file, content),
  };
}

/** Creates the lock with all its content in one step, so that no other start ever reads half of it. */
async function createFile(file: string, content: LockContent): Promise<boolean> {
  const complete = `${file}-${randomUUID()}`;
  await writeFile(complete, JSON.stringify(content), { mode: 0o600 });
  try {
    await link(complete, file);
    return true;
  } catch (error) {
    if (hasSystemCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(complete);
  }
}

/** Reads a lock. Returns undefined if the file no longer exists, or does not hold a lock. */
async function readLock(file: string): Promise<LockContent | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(file, "utf8"));
    return lockContent.Check(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** A dead owner's keeper is ending its children; only a keeper that was killed too leaves some to be ended here. */
async function endLeftovers(lock: LockContent | undefined): Promise<void> {
  if (lock === undefined) return;
  const deadline = Date.now() + HEAL_MS;
  while (lock.keeper !== undefined && (await isRunning(lock.keeper)) && Date.now() < deadline) await delay(POLL_MS);
  for (const child of lock.children) {
    // SIGINT is PostgreSQL's fast shutdown, and Redis and the services too stop on it in order.
    for (let signal: NodeJS.Signals = "SIGINT"; await isRunning(child); await delay(POLL_MS)) {
      if (Date.now() > deadline) signal = "SIGKILL";
      kill(child.pid, signal);
    }
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasSystemCode(error, "ESRCH")) throw error;
  }
}

/** Removes a lock, unless another process has replaced it meanwhile. */
async function removeIfSame(file: string, seen: LockContent | undefined): Promise<void> {
  const taken = `${file}-${randomUUID()}`;
  try {
    await rename(file, taken);
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) return;
    throw error;
  }
  const content = await readLock(taken);
  if (JSON.stringify(content) !== JSON.stringify(seen)) await rename(taken, file);
  else await rm(taken);
}
