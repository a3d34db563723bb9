import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { integerBetween } from "../parse-arguments.js";
import { up } from "../up/up.js";

/** Adds `lethe up`, which is what `npm start` runs. */
export function addUpCommand(program: Command, context: CommandContext): void {
  program
    .command("up")
    .summary("start everything and run the four jobs once")
    .description(
      "Starts PostgreSQL and Redis (unless DATABASE_URL and REDIS_URL name some), migrates, starts the four services, " +
        "copies the input of RAW_DATA_DIR (default raw_data/) to the landing folder in DATA_DIR (default var/), runs the " +
        "four jobs once and stays up until Ctrl-C.",
    )
    .option("--once", "exit when the jobs are done: 0 only if all of them succeeded")
    .option("--port <number>", "port of the API (default: LETHE_PORT or 8080)", integerBetween(0, 65_535))
    .action(async (options: { readonly once?: true; readonly port?: number }) => {
      context.exitWith(await up({ once: options.once === true, port: options.port }, context));
    });
}
