import { migrate } from "@lethe/warehouse/migrate";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { requireDatabase } from "../connections.js";

/** Adds `lethe migrate`. */
export function addMigrateCommand(program: Command, context: CommandContext): void {
  program
    .command("migrate")
    .summary("bring the database's schema up to date")
    .description(
      "Applies the new steps of sql-scripts/, each once, and names them. Safe to run at any time and twice at once.",
    )
    .action(async () => {
      const databaseUrl = await databaseSetting(context.environment);
      await requireDatabase(databaseUrl);
      const applied = await migrate(databaseUrl);
      for (const step of applied) context.terminal.print(`applied ${step}`);
      if (applied.length === 0) context.terminal.print("nothing to apply: the schema is up to date");
    });
}
