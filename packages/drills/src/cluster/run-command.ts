import { spawnSync } from "node:child_process";

/** Runs a program of the machine to its end. Throws when it fails. */
export function runCommand(command: string, ...args: string[]): void {
  const ended = spawnSync(command, args);
  if (ended.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${ended.stderr.toString()}`);
}
