import {
  ERASURE_STATES,
  type Erasure,
  type ErasurePlace,
  type ErasureState,
  type Receipt,
} from "@lethe/contracts/erasures";
import { NotFoundError } from "@lethe/contracts/errors";
import { readPlaces } from "@lethe/warehouse/erasures/erasure-work";
import { listErasures, readErasure } from "@lethe/warehouse/erasures/read-erasures";
import { erasureIdOf, readReceipt, readReceiptNumbers } from "@lethe/warehouse/erasures/receipts";
import type { Pool } from "@lethe/warehouse/pool";
import { type Command, Option } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { integerBetween, parseErasureKey } from "../../parse-arguments.js";
import { formatErasure, formatErasures } from "../../present/erasures.js";

interface ListOptions {
  readonly state?: ErasureState;
  readonly limit: number;
  readonly before?: string;
  readonly json?: true;
}

/** Adds `lethe erasure list` and `lethe erasure show`. */
export function addListCommands(erasure: Command, context: CommandContext): void {
  erasure
    .command("list")
    .summary("list erasures")
    .description("Lists erasures, newest first, with days open and left of the one-month limit.")
    .addOption(new Option("--state <state>", "only erasures in this state").choices(ERASURE_STATES))
    .option("--limit <erasures>", "erasures on a page", integerBetween(1, 10_000), 50)
    .option("--before <id>", "go on after the erasure with this id, or this receipt's number", parseErasureKey)
    .option("--json", "print one line of JSON per erasure instead of text")
    .action(async ({ state, limit, before, json }: ListOptions) => {
      const page = await withDatabase(await databaseSetting(context.environment), async (pool) => {
        const { erasures, nextCursor } = await listErasures(pool, {
          state,
          limit,
          before: before === undefined ? undefined : await erasureIdOf(pool, before),
        });
        return {
          erasures,
          nextCursor,
          numbers: await readReceiptNumbers(
            pool,
            erasures.map(({ id }) => id),
          ),
        };
      });
      if (json === true) for (const each of page.erasures) context.terminal.print(JSON.stringify(each));
      else if (page.erasures.length === 0) context.terminal.print("no such erasure");
      else context.terminal.print(formatErasures(page.erasures, page.numbers));
      if (page.nextCursor !== null) context.terminal.note(`there are more; go on with --before ${page.nextCursor}`);
    });
  erasure
    .command("show")
    .summary("show one erasure")
    .description("Shows how an erasure stands, what it has masked so far, and the number of its receipt.")
    .argument("<erasure>", "the number of its receipt, or its id", parseErasureKey)
    .option("--json", "print it as JSON, with its receipt, instead of text")
    .action(async (id: string, options: { readonly json?: true }) => {
      const { detail, places, receipt } = await withDatabase(await databaseSetting(context.environment), (pool) =>
        readDetail(pool, id),
      );
      const shown =
        options.json === true
          ? JSON.stringify({ ...detail, receipt })
          : formatErasure(detail, places, receipt?.sequence);
      context.terminal.print(shown);
    });
}

async function readDetail(
  pool: Pool,
  key: string,
): Promise<{ detail: Erasure; places: readonly ErasurePlace[]; receipt: Receipt | null }> {
  const id = await erasureIdOf(pool, key);
  const detail = await readErasure(pool, id);
  try {
    return { detail, places: await readPlaces(pool, id), receipt: await readReceipt(pool, id) };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { detail, places: await readPlaces(pool, id), receipt: null };
  }
}
