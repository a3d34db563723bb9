import { spawn } from "node:child_process";

/** A user of the system by number, to run a program as. */
export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramResult {
  readonly ok: boolean;
  /** What it wrote to standard output, trimmed. */
  readonly output: string;
  /** Why it failed, in one or a few lines; empty when it did not. */
  readonly problem: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly user?: SystemUser | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** An open file that the program finds as its file descriptor 3. */
  readonly extraFile?: number;
  /** Milliseconds after which it is killed. */
  readonly timeoutMs?: number;
}

/**
 * Runs a program to its end, without a shell, and returns what came of it. It never throws: that a program is missing
 * (`problem` says so) is an answer like any other.
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const { user, cwd, env, extraFile, timeoutMs } = options;
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe", ...(extraFile === undefined ? [] : [extraFile])],
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: "SIGKILL" }),
    });
    let output = "";
    let errors = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    // What a broken pipe leaves out is missing in the output, and the program's end tells the rest.
    for (const stream of [child.stdout, child.stderr]) stream?.on("error", () => undefined);
    child.on("error", (error) => resolve({ ok: false, output: "", problem: error.message }));
    child.on("close", (code, signal) => {
      const problem =
        code === 0 ? "" : errors.trim().split("\n").slice(-3).join("\n") || (signal ?? `exit code ${code}`);
      resolve({ ok: code === 0, output: output.trim(), problem });
    });
  });
}
