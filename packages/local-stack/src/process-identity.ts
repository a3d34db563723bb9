import { readFile } from "node:fs/promises";
import Type, { type Static } from "typebox";
import { runProgram } from "./run-program.js";

/** A process and when it started: the number alone may belong to another process by the time it is looked at. */
export const ProcessIdentitySchema = Type.Object({ pid: Type.Integer(), startedAt: Type.String() });
export type ProcessIdentity = Static<typeof ProcessIdentitySchema>;

/** Returns the identity of a process; `startedAt` is empty when it is not running. */
export async function identify(pid: number): Promise<ProcessIdentity> {
  return { pid, startedAt: await startOf(pid) };
}

/** Reports whether that very process still runs. One that has ended and only waits to be reaped does not. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return identity.startedAt !== "" && (await startOf(identity.pid)) === identity.startedAt;
}

async function startOf(pid: number): Promise<string> {
  if (process.platform === "linux") {
    const status = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
    // The fields after the program's name, which stands in parentheses and may hold spaces itself.
    const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "" : (fields[19] ?? "");
  }
  const shown = await runProgram("ps", ["-o", "stat=,lstart=", "-p", String(pid)]);
  return shown.output.startsWith("Z") ? "" : shown.output.replace(/^\S+\s+/, "");
}
