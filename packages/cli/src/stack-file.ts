import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { isRunning, ProcessIdentitySchema } from "@lethe/local-stack/process-identity";
import { ownerMark } from "@lethe/local-stack/process-lock";
import { replaceFile } from "@lethe/storage/replace-file";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

/** What a running `lethe up` leaves in its data folder, so that commands in other terminals reach the same servers. */
const RunningStackSchema = Type.Object({
  /** The process of `lethe up`. */
  ...ProcessIdentitySchema.properties,
  databaseUrl: Type.String(),
  redisUrl: Type.String(),
  queuePrefix: Type.String(),
  /** Where the API listens, once it does. */
  address: Type.Optional(Type.String()),
});
export type RunningStack = Static<typeof RunningStackSchema>;

const runningStack = Compile(RunningStackSchema);

/** Returns the stack that runs on a data folder; undefined when none does, also when one died and left its file. */
export async function readRunningStack(dataDirectory: string): Promise<RunningStack | undefined> {
  const content = await readStack(dataDirectory);
  return content !== undefined && (await isRunning(content)) ? content : undefined;
}

/** Leaves the file, readable by its owner only: the URLs hold passwords. */
export async function writeRunningStack(dataDirectory: string, stack: RunningStack): Promise<void> {
  const { pid, startedAt, ...rest } = stack;
  // First and together, as `ownerMark` has them.
  await replaceFile(stackFile(dataDirectory), `${JSON.stringify({ pid, startedAt, ...rest })}\n`, 0o600);
}

/** Removes the file that describes the running stack, if it is of this process. */
export async function removeRunningStack(dataDirectory: string, owner: Pick<RunningStack, "pid" | "startedAt">) {
  const content = await readFile(stackFile(dataDirectory), "utf8").catch(() => "");
  if (content.includes(ownerMark(owner))) await rm(stackFile(dataDirectory), { force: true });
}

/** Returns the path of the file in a data folder. */
export function stackFile(dataDirectory: string): string {
  return path.join(dataDirectory, "stack.json");
}

async function readStack(dataDirectory: string): Promise<RunningStack | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(stackFile(dataDirectory), "utf8"));
    return runningStack.Check(content) ? content : undefined;
  } catch {
    return undefined;
  }
}
