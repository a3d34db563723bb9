import { spawn } from "node:child_process";
import { ConfigurationError } from "@lethe/contracts/errors";
import type { Environment } from "@lethe/service-kit/settings";
import { clientAccess } from "./client-program.js";
import { EXIT, type ExitCode } from "./exit-codes.js";

/** psql's own: https://www.postgresql.org/docs/current/app-psql.html#APP-PSQL-EXIT-STATUS */
const CONNECTION_LOST = 2;

/**
 * Runs psql on a database with further arguments, on this process's terminal, to its end. Ctrl-C is psql's. Throws ConfigurationError
 * when it is not there.
 */
export async function openPsql(
  databaseUrl: string,
  args: readonly string[],
  environment: Environment,
): Promise<ExitCode> {
  const access = clientAccess(databaseUrl, environment);
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  try {
    return await new Promise((resolve, reject) => {
      const child = spawn("psql", [access.database, ...args], { stdio: "inherit", env: { ...access.environment } });
      child.on("error", () => reject(new ConfigurationError(NOT_THERE)));
      child.on("close", (code, signal) => {
        if (code === 0) resolve(EXIT.succeeded);
        else if (code === CONNECTION_LOST) resolve(EXIT.unreachable);
        else resolve(signal === null ? EXIT.failed : EXIT.interrupted);
      });
    });
  } finally {
    process.off("SIGINT", ignore);
  }
}

const NOT_THERE =
  "psql is not on the PATH: install PostgreSQL's client programs (`sudo apt-get install postgresql-client`, " +
  "`sudo dnf install postgresql`, `brew install libpq`) and try again";
