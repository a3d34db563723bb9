import { ERASURE_STATES, type ErasureState } from "@lethe/contracts/erasures";
import { readPlaces } from "@lethe/warehouse/erasures/erasure-work";
import { listErasures, readErasure } from "@lethe/warehouse/erasures/read-erasures";
import { type Command, Option } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { integerBetween, parseRunId } from "../../parse-arguments.js";
import { formatErasures, formatPlaces } from "../../present/erasures.js";

interface ListOptions {
  readonly state?: ErasureState;
  readonly limit: number;
  readonly json?: true;
}

/** Adds `lethe erasure list` and `lethe erasure show`. */
export function addListCommands(erasure: Command, { environment, terminal }: CommandContext): void {
  erasure
    .command("list")
    .summary("list erasures, newest first")
    .addOption(new Option("--state <state>", "only erasures in this state").choices(ERASURE_STATES))
    .option("--limit <erasures>", "erasures on a page", integerBetween(1, 1_000), 50)
    .option("--json", "print one line of JSON per erasure instead of text")
    .action(async ({ state, limit, json }: ListOptions) => {
      const { erasures } = await withDatabase(await databaseSetting(environment), (pool) =>
        listErasures(pool, { state, limit }),
      );
      if (json === true) for (const each of erasures) terminal.print(JSON.stringify(each));
      else terminal.print(erasures.length === 0 ? "no such erasure" : formatErasures(erasures));
    });
  erasure
    .command("show")
    .summary("show one erasure and what it has masked so far")
    .argument("<id>", "the erasure", parseRunId)
    .action(async (id: string) => {
      await withDatabase(await databaseSetting(environment), async (pool) => {
        terminal.print(formatErasures([await readErasure(pool, id)]));
        const places = await readPlaces(pool, id);
        if (places.length > 0) terminal.print(`\n${formatPlaces(places)}`);
      });
    });
}
