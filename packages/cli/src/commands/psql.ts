import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { openPsql } from "../open-psql.js";

/** Adds `lethe psql`. */
export function addPsqlCommand(program: Command, { environment, exitWith }: CommandContext): void {
  program
    .command("psql")
    .summary("open psql on the database")
    .description(
      "Opens psql on the database that DATABASE_URL names, or that of the running `npm start`, and hands the arguments on to it, such as " +
        '-c "select count(*) from warehouse.customers". The password stands on no command line. For people who analyse data, see ' +
        "`lethe analyst create`.",
    )
    .argument("[arguments...]", "what psql is to get")
    .allowUnknownOption()
    .action(async (args: string[]) => exitWith(await openPsql(await databaseSetting(environment), args, environment)));
}
