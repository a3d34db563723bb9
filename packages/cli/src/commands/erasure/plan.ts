import { planErasure } from "@lethe/erasure/plan-erasure";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { fileReach } from "../../erasure-context.js";
import { readErasureRequest } from "../../erasure-request.js";
import { formatPlan } from "../../present/erasures.js";
import { inputHelp, withRequestInput } from "./request.js";

/** Adds `lethe erasure plan`. */
export function addPlanCommand(erasure: Command, context: CommandContext): void {
  withRequestInput(erasure.command("plan"))
    .summary("show what an erasure would reach, and change nothing")
    .description(
      `Shows whether the email is the customer's, and where there are how many records of them. ${inputHelp(context)}`,
    )
    .option("--json", "print the plan as JSON instead of text")
    .action(async (options: { readonly file?: string; readonly json?: true }) => {
      const { customerId, email } = await readErasureRequest(context, options.file);
      const { environment } = context;
      const { identity, places } = await withDatabase(await databaseSetting(environment), (pool) =>
        planErasure({ pool, datasets: context.datasets, ...fileReach(environment) }, customerId, email),
      );
      // Nothing is masked yet, so of each place there are records alone.
      const json = { identity, places: places.map(({ place, name, records }) => ({ place, name, records })) };
      context.terminal.print(options.json === true ? JSON.stringify(json) : formatPlan({ identity, places }));
    });
}
