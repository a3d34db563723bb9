import { InvalidInputError } from "@lethe/contracts/errors";
import { formatDay } from "@lethe/contracts/format-time";
import { MAX_REASON, REQUEST_STATES, type RequestState } from "@lethe/contracts/requests";
import { extendRequest, listRequests } from "@lethe/warehouse/erasures/requests";
import { type Command, Option } from "commander";
import { callerName } from "../../caller-name.js";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { integerBetween, parseRequestId } from "../../parse-arguments.js";
import { formatRequests } from "../../present/requests.js";

interface ListOptions {
  readonly open?: true;
  readonly state?: RequestState;
  readonly limit: number;
  readonly before?: string;
  readonly json?: true;
}

/** Adds `lethe erasure requests` and `lethe erasure extend`. */
export function addRequestsCommands(erasure: Command, context: CommandContext): void {
  const { requests } = context.datasets;
  erasure
    .command("requests")
    .summary("list requests in all states, with the day by which each must be answered")
    .description(
      "Lists requests to be forgotten from their arrival, newest first: also those that a person must decide on, and those that " +
        "are malformed or unreadable. Each must be answered within one calendar month, or three when it was extended.",
    )
    .option("--open", "only requests that are not answered")
    .addOption(new Option("--state <state>", "only requests in this state").choices(REQUEST_STATES))
    .option("--limit <requests>", "requests on a page", integerBetween(1, 10_000), 50)
    .option("--before <id>", "go on after the request with this id", parseRequestId)
    .option("--json", "print one line of JSON per request instead of text")
    .action(async ({ open, state, limit, before, json }: ListOptions) => {
      const page = await withDatabase(await databaseSetting(context.environment), (pool) =>
        listRequests(pool, requests.name, { open, state, limit, before }),
      );
      if (json === true) for (const each of page.requests) context.terminal.print(JSON.stringify(each));
      else if (page.requests.length === 0) context.terminal.print("no such request");
      else context.terminal.print(formatRequests(page.requests));
      if (page.nextCursor !== null) context.terminal.note(`there are more; go on with --before ${page.nextCursor}`);
    });
  erasure
    .command("extend")
    .summary("extend the time to answer a request by two months, once")
    .description("The request's sender must be told within the first month, and why (GDPR Art. 12(3)).")
    .argument("<id>", "from `lethe erasure requests`", parseRequestId)
    .requiredOption("--reason <text>", "on what ground; it is kept as it is, so name a case, not a person")
    .option("--json", "print JSON instead of text")
    .action(async (id: string, options: { readonly reason: string; readonly json?: true }) => {
      const reason = requireReason(options.reason);
      const { due } = await withDatabase(await databaseSetting(context.environment), async (pool) => {
        const by = await callerName(context.environment, pool, "privacy-officer");
        return extendRequest(pool, requests.name, id, { reason, by });
      });
      if (options.json === true) return context.terminal.print(JSON.stringify({ id, due }));
      context.terminal.print(`request ${id} is extended: it must be answered by ${formatDay(due)}`);
    });
}

/** Returns a reason as it was given. Throws InvalidInputError for an empty or a long one. */
export function requireReason(reason: string, option = "--reason"): string {
  if (reason.trim() !== "" && reason.length <= MAX_REASON) return reason;
  throw new InvalidInputError(`${option} must say on what ground, in at most ${MAX_REASON} characters`);
}
