import { count } from "@lethe/contracts/format-number";
import { strengthenErasures } from "@lethe/erasure/strengthen-erasures";
import { erasureIdOf } from "@lethe/warehouse/erasures/receipts";
import { type Command, Option } from "commander";
import { withCheckpointStores } from "../../checkpoint-stores.js";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { erasureContext, openDataStorage } from "../../erasure-context.js";
import { EXIT } from "../../exit-codes.js";
import { formerly } from "../../former-option.js";
import { parseErasureKeys } from "../../parse-arguments.js";
import { readSigningKeys } from "../../signing-keys.js";

/** The erasures' lock, the publication of a file, and what is recorded of it each take one. */
const CONNECTIONS = 6;

interface StrengthenOptions {
  readonly to: "unlink" | "aggregate";
  readonly erasureId?: readonly string[];
  readonly json?: true;
}

/** Adds `lethe erasure strengthen`. */
export function addStrengthenCommand(erasure: Command, context: CommandContext): void {
  erasure
    .command("strengthen")
    .summary("take people who keep a pseudonym further")
    .description(
      "Takes people whom an erasure has left under a pseudonym to a stronger outcome: in tables, quarantine and files, and for " +
        "whatever of theirs comes later. Each gets a receipt of their own. Needs the privacy key, the signing key and the services' DATA_DIR.",
    )
    .addOption(new Option("--to <outcome>", "what is to be left").choices(["unlink", "aggregate"]).default("unlink"))
    .option(
      "--erasure-id <erasure...>",
      "completed erasures, by their ids or their receipts' numbers; without any, all people who keep a pseudonym",
      parseErasureKeys,
    )
    .addOption(formerly("--erasure <erasure...>", "erasureId", parseErasureKeys))
    .option("--json", "print JSON instead of text")
    .action(async (options: StrengthenOptions) => context.exitWith(await strengthen(context, options)));
}

async function strengthen(
  { environment, terminal }: CommandContext,
  { to, erasureId: keys = [], json }: StrengthenOptions,
) {
  const signer = readSigningKeys(environment);
  await openDataStorage(environment).requireReadable();
  const log = {
    info: () => undefined,
    error: (_: unknown, message: string) => terminal.note(message),
  };
  const { people, waiting } = await withDatabase(
    await databaseSetting(environment),
    (pool) =>
      withCheckpointStores(environment, terminal, async (stores) => {
        const erasureIds: string[] = [];
        for (const key of keys) erasureIds.push(await erasureIdOf(pool, key));
        const tools = { ...erasureContext(environment, pool), signing: { signer, stores } };
        return strengthenErasures(tools, log, { to, erasureIds });
      }),
    CONNECTIONS,
  );
  if (json === true) terminal.print(JSON.stringify({ outcome: to, people, waiting }));
  else terminal.print(`${count(people, "subject")} were taken to the outcome ${to}`);
  if (waiting === 0) return EXIT.succeeded;
  terminal.note(
    `${count(waiting, "erasure")} wait for runs that are open, or are tried again: see \`lethe erasure list --state suppressed\``,
  );
  return EXIT.failed;
}
