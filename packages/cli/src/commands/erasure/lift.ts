import { InvalidInputError } from "@lethe/contracts/errors";
import { liftSuppression } from "@lethe/warehouse/erasures/lift-suppression";
import { erasureIdOf } from "@lethe/warehouse/erasures/receipts";
import type { Command } from "commander";
import { callerName } from "../../caller-name.js";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { parseErasureKey } from "../../parse-arguments.js";

const MAX_NOTE = 1_000;

/** Adds `lethe erasure lift`. */
export function addLiftCommand(erasure: Command, context: CommandContext): void {
  erasure
    .command("lift")
    .summary("let a person in again who has consented since")
    .description(
      "Takes the person of a completed erasure off the suppression list: records that come from now on are no longer masked; " +
        "what was masked stays so. The act is logged with the note.",
    )
    .argument("<erasure>", "the number of its receipt, or its id", parseErasureKey)
    .requiredOption("--note <text>", "on what ground; it is kept as it is, so name a case, not a person")
    .option("--json", "print JSON instead of text")
    .action(async (key: string, { note, json }: { readonly note: string; readonly json?: true }) => {
      if (note.trim() === "" || note.length > MAX_NOTE) {
        throw new InvalidInputError(`--note must say on what ground, in at most ${MAX_NOTE} characters`);
      }
      const id = await withDatabase(await databaseSetting(context.environment), async (pool) => {
        const erasureId = await erasureIdOf(pool, key);
        await liftSuppression(pool, erasureId, note, await callerName(context.environment, pool, "privacy-officer"));
        return erasureId;
      });
      if (json === true) context.terminal.print(JSON.stringify({ id, state: "lifted" }));
      else context.terminal.print(`erasure ${id} is lifted: new records of its person are no longer masked`);
    });
}
