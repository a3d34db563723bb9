import { spawn } from "node:child_process";
import { open, rm } from "node:fs/promises";
import { ConfigurationError } from "@lethe/contracts/errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import type { Environment } from "@lethe/service-kit/settings";
import { clientAccess } from "./client-program.js";

/**
 * Writes a backup of a database into a new file, for its owner alone, by `pg_dump`: `pg_restore` reads it. Throws ConfigurationError, and
 * leaves no file, when that does not go well.
 */
export async function dumpDatabase(databaseUrl: string, file: string, environment: Environment): Promise<void> {
  const handle = await open(file, "wx", 0o600).catch((error: unknown) => {
    if (hasSystemCode(error, "EEXIST"))
      throw new ConfigurationError(`${file} is there already: name a new file in --backup`);
    throw error;
  });
  try {
    await runDump(databaseUrl, handle.fd, environment);
    await handle.sync();
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

function runDump(databaseUrl: string, output: number, environment: Environment): Promise<void> {
  const access = clientAccess(databaseUrl, environment);
  return new Promise((resolve, reject) => {
    const child = spawn("pg_dump", ["--format=custom", "--no-password", access.database], {
      stdio: ["ignore", output, "pipe"],
      env: { ...access.environment },
    });
    let problem = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      problem = `${problem}${text}`.slice(-2_000);
    });
    child.on("error", () =>
      reject(
        new ConfigurationError(
          "pg_dump is not on the PATH: install PostgreSQL's client programs, of the server's version or newer, or take a backup in another way and add --backup-taken",
        ),
      ),
    );
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new ConfigurationError(
            `pg_dump took no backup, and nothing was changed: ${problem.trim() || `exit code ${code}`}`,
          ),
        );
    });
  });
}
