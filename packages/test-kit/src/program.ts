import { spawn } from "node:child_process";
import { once } from "node:events";
import { fromRepository } from "./repository.js";

export interface ProgramResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A `lethe` command that runs. */
export interface RunningProgram {
  readonly ended: Promise<ProgramResult>;
  /** Interrupts it, unless it has ended, and waits for its end. */
  stop(): Promise<ProgramResult>;
}

/** Runs the built `lethe` command to its end as a process of its own, with nothing but the given environment. */
export async function runLethe(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ProgramResult> {
  return startLethe(args, environment).ended;
}

/** Starts the built `lethe` command as a process of its own, with nothing but the given environment. */
export function startLethe(args: readonly string[], environment: Readonly<Record<string, string>>): RunningProgram {
  const child = spawn(process.execPath, [fromRepository("packages/cli/bundle/main.js"), ...args], {
    env: { ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = once(child, "close").then(([code]: unknown[]) => ({ code: code as number | null, out, err }));
  return {
    ended,
    async stop() {
      child.kill("SIGINT");
      return ended;
    },
  };
}
