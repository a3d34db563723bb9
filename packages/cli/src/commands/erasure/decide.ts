import { REQUEST_SUBJECTS, type RequestSubject } from "@lethe/contracts/questions";
import { DECISION_SETTINGS, readSettings } from "@lethe/service-kit/settings";
import { approveRequest, rejectRequest } from "@lethe/warehouse/erasures/decide-request";
import { type Command, Option } from "commander";
import Type from "typebox";
import { callerName } from "../../caller-name.js";
import type { CommandContext } from "../../command-context.js";
import { connectionSettings, databaseSetting } from "../../connection-settings.js";
import { withConnections, withDatabase } from "../../connections.js";
import { EXIT } from "../../exit-codes.js";
import { integerBetween } from "../../parse-arguments.js";
import { requireReason } from "./requests.js";
import { followErasureRun, prepareErasureRun, startErasureRun } from "./run-erasures.js";

const DecisionSettings = Type.Object(DECISION_SETTINGS);
const parseQuarantineId = integerBetween(1, Number.MAX_SAFE_INTEGER);
const QUARANTINE_ID_HELP = "from `lethe quarantine list --reason identity_mismatch`";

interface ApproveOptions {
  readonly follow?: true;
  readonly subject?: RequestSubject;
  readonly json?: true;
}

/** Adds `lethe erasure approve` and `lethe erasure reject`. */
export function addDecideCommands(erasure: Command, context: CommandContext): void {
  const { requests } = context.datasets;
  erasure
    .command("approve")
    .summary("have a request done that waits for a decision")
    .description(
      "Notes that a person has looked at the request and wants it done, and opens the replay that takes it. Unless --subject says " +
        "otherwise, everything of its id and of its email goes if the email was never the customer's, that of the email if nobody has " +
        "the id, and that of the id otherwise.",
    )
    .argument("<quarantine-id>", QUARANTINE_ID_HELP, parseQuarantineId)
    .addOption(new Option("--subject <whose>", "whose data goes").choices(REQUEST_SUBJECTS))
    .option("--follow", "wait for the replay's end, and show the erasure with its receipt's number")
    .option("--json", "print JSON instead of text")
    .action(async (id: number, { follow, subject, json }: ApproveOptions) => {
      const { terminal } = context;
      const settings = await connectionSettings(context.environment);
      const code = await withConnections(settings, async (connections) => {
        await prepareErasureRun(connections, terminal);
        const by = await callerName(context.environment, connections.pool, "privacy-officer");
        const { LETHE_FOUR_EYES: fourEyes } = readSettings(DecisionSettings, context.environment);
        if (!(await approveRequest(connections.pool, requests.name, id, { by, fourEyes, subject }))) {
          const text = `request ${id} is awaiting second approval: LETHE_FOUR_EYES asks for one by a token of another name`;
          terminal.print(json === true ? JSON.stringify({ state: "awaiting second approval", runs: [] }) : text);
          return EXIT.succeeded;
        }
        terminal.note(`request ${id} is approved`);
        const request = {
          dataset: requests.name,
          kind: "replay",
          json: json === true && { state: "approved" },
        } as const;
        if (follow !== true) return startErasureRun(connections, request, terminal);
        return (await followErasureRun(connections, request, terminal)).code;
      });
      context.exitWith(code);
    });
  erasure
    .command("reject")
    .summary("refuse a request that is not taken")
    .description(
      "Refuses a request whose email is not the customer's, or that is malformed, unreadable or masked: it stays out, what it held " +
        "is masked, and its clock stops. Its sender must be told why (GDPR Art. 12(4)).",
    )
    .argument("<quarantine-id>", "from `lethe erasure requests --open`", parseQuarantineId)
    .option("--reason <text>", "on what ground (default: why it was set aside); name a case, not a person")
    .option("--json", "print JSON instead of text")
    .action(async (id: number, options: { readonly reason?: string; readonly json?: true }) => {
      const reason = options.reason === undefined ? undefined : requireReason(options.reason);
      await withDatabase(await databaseSetting(context.environment), async (pool) => {
        const by = await callerName(context.environment, pool, "privacy-officer");
        await rejectRequest(pool, { name: requests.name, ...requests.erasure }, id, { by, reason });
      });
      if (options.json === true) context.terminal.print(JSON.stringify({ quarantineId: id, state: "rejected" }));
      else context.terminal.print(`request ${id} is refused; what was held for it is replayed`);
    });
}
