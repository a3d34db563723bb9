import { ConfigurationError } from "@lethe/contracts/errors";
import { runProgram, type SystemUser } from "./run-program.js";

/**
 * Returns the user to run PostgreSQL as, which refuses to run as root: undefined (ourselves) for anyone but root, else the
 * system's user `postgres`, created when there is none. Throws ConfigurationError when it cannot be created.
 */
export async function findServerUser(): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const existing = await userNamed("postgres");
  if (existing !== undefined) return existing;
  const created = await runProgram("useradd", ["--system", "--user-group", "--no-create-home", "postgres"]);
  const user = await userNamed("postgres");
  if (user === undefined) {
    throw new ConfigurationError(
      `PostgreSQL does not run as root, and an ordinary user "postgres" could not be created (${created.problem}). ` +
        "Create it, start as another user, or set DATABASE_URL.",
    );
  }
  return user;
}

/**
 * Reports whether a user can run the program at a path. The kernel is asked, so that permissions of all parent
 * folders and `noexec` mounts are taken into account.
 */
export async function canRun(user: SystemUser | undefined, program: string): Promise<boolean> {
  const answer = await runProgram("/bin/sh", ["-c", 'test -x "$0"', program], { user });
  return answer.ok;
}

async function userNamed(name: string): Promise<SystemUser | undefined> {
  const [uid, gid] = await Promise.all([runProgram("id", ["-u", name]), runProgram("id", ["-g", name])]);
  return uid.ok && gid.ok ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined;
}
