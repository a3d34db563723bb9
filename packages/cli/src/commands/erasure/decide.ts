import { approveRequest, rejectRequest } from "@lethe/warehouse/erasures/decide-request";
import { liftSuppression } from "@lethe/warehouse/erasures/lift-suppression";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { connectionSettings, databaseSetting } from "../../connection-settings.js";
import { withConnections, withDatabase } from "../../connections.js";
import { integerBetween, parseRunId } from "../../parse-arguments.js";
import { openRuns } from "../run.js";

const quarantineId = integerBetween(1, Number.MAX_SAFE_INTEGER);

/** Adds `lethe erasure approve`, `reject` and `lift`. */
export function addDecideCommands(erasure: Command, context: CommandContext): void {
  const { environment, terminal } = context;
  erasure
    .command("approve")
    .summary("carry out a request whose email is not the customer's")
    .argument("<quarantine id>", "the request in `lethe quarantine list --reason identity_mismatch`", quarantineId)
    .option("--follow", "wait until the person is forgotten")
    .action(async (id: number, options: { readonly follow?: true }) => {
      const code = await withConnections(await connectionSettings(environment), async (connections) => {
        await approveRequest(connections.pool, id);
        const run = { job: "erasure-requests", kind: "replay", trigger: "cli" } as const;
        return openRuns(connections, [run], options, terminal);
      });
      context.exitWith(code);
    });
  erasure
    .command("reject")
    .summary("set a request aside whose email is not the customer's")
    .argument("<quarantine id>", "the request in `lethe quarantine list --reason identity_mismatch`", quarantineId)
    .action(async (id: number) => {
      await withDatabase(await databaseSetting(environment), (pool) => rejectRequest(pool, id));
      terminal.print(`request ${id} is rejected; nobody was erased`);
    });
  erasure
    .command("lift")
    .summary("take a person off the suppression list who has consented again")
    .argument("<id>", "the erasure", parseRunId)
    .requiredOption("--note <text>", "why, for the log; no personal data")
    .action(async (id: string, options: { readonly note: string }) => {
      await withDatabase(await databaseSetting(environment), (pool) => liftSuppression(pool, id, options.note));
      terminal.print(`erasure ${id} is lifted: what comes of the person from now on is kept`);
    });
}
