import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { SERVICE_NAMES, type ServiceName } from "@lethe/contracts/services";
import { migrate } from "@lethe/warehouse/migrate";
import { ensureServiceLogins } from "@lethe/warehouse/service-logins";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";

/** Adds `lethe migrate`. */
export function addMigrateCommand(program: Command, context: CommandContext): void {
  program
    .command("migrate")
    .summary("bring the database's schema up to date")
    .description(
      "Applies the new steps of sql-scripts/, each once, then functions, views and rights where they have changed, and names them. Safe to run at any time and twice at once.",
    )
    .option(
      "--logins <folder>",
      "give each service a login of its own, lethe_<service>_login, with the password in <folder>/<service>_db_password, and let nobody else connect to the database",
    )
    .action(async ({ logins }: { logins?: string }) => {
      const databaseUrl = await databaseSetting(context.environment);
      const passwords = logins === undefined ? undefined : await readPasswords(logins);
      const applied = await migrate(databaseUrl, context.datasets.database);
      for (const step of applied) context.terminal.print(`applied ${step}`);
      if (applied.length === 0) context.terminal.print("nothing to apply: the schema is up to date");
      if (passwords === undefined) return;
      for (const login of await ensureServiceLogins(databaseUrl, passwords)) context.terminal.print(`login ${login}`);
    });
}

async function readPasswords(folder: string): Promise<Map<ServiceName, string>> {
  const passwords = new Map<ServiceName, string>();
  for (const service of SERVICE_NAMES) {
    const name = `${service}_db_password`;
    const password = (await readFile(join(folder, name), "utf8").catch(() => "")).trim();
    if (!/^[\x21-\x7e]{16,}$/.test(password)) {
      throw new ConfigurationError(
        `${name} in the folder of --logins holds no password of 16 or more ASCII characters`,
      );
    }
    passwords.set(service, password);
  }
  return passwords;
}
