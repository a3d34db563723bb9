import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ConfigurationError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import { identify, isRunning, ProcessIdentitySchema } from "./process-identity.js";

/** Who uses a stack's folder: the process that started the stack, its keeper, and the servers. */
const StackLockSchema = Type.Object({
  owner: ProcessIdentitySchema,
  keeper: Type.Optional(ProcessIdentitySchema),
  servers: Type.Array(ProcessIdentitySchema),
});
type LockContent = Static<typeof StackLockSchema>;
const lockContent = Compile(StackLockSchema);

export interface StackLock {
  /** Writes down the processes that the next start must wait for, should this one die. */
  record(keeperPid: number, serverPids: readonly number[]): Promise<void>;
  release(): Promise<void>;
}

/** The keeper gives servers 30 s to stop. */
const HEAL_MS = 45_000;
const POLL_MS = 50;

/**
 * Takes the lock of a stack's folder. Throws ConfigurationError if another living process has it. If the process that
 * had it is dead, first waits for the processes that it left behind, and in the end stops them.
 */
export async function lockStack(directory: string): Promise<StackLock> {
  const file = path.join(directory, "stack.lock");
  const own: LockContent = { owner: await identify(process.pid), servers: [] };
  while (!(await createFile(file, own))) {
    const other = await readLock(file);
    if (other !== undefined && (await isRunning(other.owner))) {
      throw new ConfigurationError(
        `process ${other.owner.pid} already runs a stack in ${directory}. Stop it, or use another DATA_DIR.`,
      );
    }
    await endLeftovers(other);
    await removeIfSame(file, other);
  }
  return {
    async record(keeperPid, serverPids) {
      const content = {
        ...own,
        keeper: await identify(keeperPid),
        servers: await Promise.all(serverPids.map(identify)),
      };
      const unfinished = `${file}-${randomUUID()}`;
      await writeFile(unfinished, JSON.stringify(content), { mode: 0o600 });
      await rename(unfinished, file);
    },
    release: () => rm(file, { force: true }),
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

/** A dead owner's keeper is stopping its servers; only a keeper that was killed too leaves servers to be stopped here. */
async function endLeftovers(lock: LockContent | undefined): Promise<void> {
  if (lock === undefined) return;
  const deadline = Date.now() + HEAL_MS;
  while (lock.keeper !== undefined && (await isRunning(lock.keeper)) && Date.now() < deadline) await delay(POLL_MS);
  for (const server of lock.servers) {
    // SIGINT is PostgreSQL's fast shutdown, and Redis too stops on it in order.
    for (let signal: NodeJS.Signals = "SIGINT"; await isRunning(server); await delay(POLL_MS)) {
      if (Date.now() > deadline) signal = "SIGKILL";
      process.kill(server.pid, signal);
    }
  }
}

/** Removes the lock of a dead process, unless another start has replaced it meanwhile. */
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
