import Type, { type Static } from "typebox";
import { startOf } from "../process-start.mjs";

/** A process and when it started: the number alone may belong to another process by the time it is looked at. */
export const ProcessIdentitySchema = Type.Object({ pid: Type.Integer({ minimum: 1 }), startedAt: Type.String() });
export type ProcessIdentity = Static<typeof ProcessIdentitySchema>;

/** Returns the identity of a process; `startedAt` is empty when it is not running. */
export async function identify(pid: number): Promise<ProcessIdentity> {
  return { pid, startedAt: await startOf(pid) };
}

/** Reports whether that very process still runs. One that has ended and only waits to be reaped does not. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  return identity.startedAt !== "" && (await startOf(identity.pid)) === identity.startedAt;
}
