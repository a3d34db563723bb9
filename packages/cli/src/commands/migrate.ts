import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import { SERVICE_NAMES, type ServiceName } from "@lethe/contracts/services";
import { type MigrationPlan, migrate, planMigration } from "@lethe/warehouse/migrate";
import { requireDatabase } from "@lethe/warehouse/require-database";
import { ensureServiceLogins } from "@lethe/warehouse/service-logins";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { dumpDatabase } from "../dump-database.js";
import { formatPlan } from "../present/migration.js";

/** Adds `lethe migrate`. */
export function addMigrateCommand(program: Command, context: CommandContext): void {
  program
    .command("migrate")
    .summary("bring the database's schema up to date")
    .description(
      "Applies the new steps of sql-scripts/, all or none, then functions, views and rights where they have changed, and names them. " +
        "There is no way back: steps that rewrite or delete what a database holds are applied only after a backup. Services of " +
        "another version lose their connections and stop. Safe to run twice at once.",
    )
    .option("--backup-taken", "a backup of the database was taken, so steps that rewrite or delete data may be applied")
    .option("--backup <file>", "take a backup into a new file first, by pg_dump, where a step rewrites or deletes data")
    .option(
      "--logins <folder>",
      "give each service a login of its own, lethe_<service>_login, with the password in <folder>/<service>_db_password, and let nobody else connect to the database",
    )
    .option("--json", "print JSON instead of text")
    .action(async ({ logins, backupTaken, backup, json }: MigrateOptions) => {
      const databaseUrl = await databaseSetting(context.environment);
      const passwords = logins === undefined ? undefined : await readPasswords(logins);
      await requireDatabase(databaseUrl);
      const plan = await planMigration(databaseUrl);
      for (const line of formatPlan(plan)) context.terminal.note(line);
      if (plan.irreversible.length > 0 && backupTaken !== true) await secureBackup(databaseUrl, plan, backup, context);
      const applied = await migrate(databaseUrl, context.datasets.database);
      const { terminal } = context;
      if (json !== true) {
        for (const step of applied) terminal.print(`applied ${step}`);
        if (applied.length === 0) terminal.print("nothing to apply: the schema is up to date");
      }
      const made = passwords === undefined ? [] : await ensureServiceLogins(databaseUrl, passwords);
      if (json === true) terminal.print(JSON.stringify({ applied, logins: made }));
      else for (const login of made) terminal.print(`login ${login}`);
    });
}

interface MigrateOptions {
  readonly logins?: string;
  readonly backupTaken?: true;
  readonly backup?: string;
  readonly json?: true;
}

/** Takes a backup, or asks whether there is one. Throws ConfigurationError when there is none. */
async function secureBackup(
  databaseUrl: string,
  { irreversible }: MigrationPlan,
  file: string | undefined,
  { terminal, input, environment }: CommandContext,
): Promise<void> {
  if (file !== undefined) {
    await dumpDatabase(databaseUrl, file, environment);
    terminal.note(
      `a backup is in ${file}; it holds people's data, those who will be erased among them: keep it no longer than you need it`,
    );
    return;
  }
  const answer = await input.ask?.("Is there a backup of the database that can be restored? Type yes to go on: ");
  if (answer?.trim().toLowerCase() === "yes") return;
  throw new ConfigurationError(
    `nothing was changed: ${irreversible.map(({ name }) => name).join(", ")} cannot be taken back, and nobody has said that there is a backup. ` +
      "Take one and add --backup-taken, or let --backup FILE take one by pg_dump",
  );
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
