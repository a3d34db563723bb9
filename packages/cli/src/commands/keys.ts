import { ConfigurationError } from "@lethe/contracts/errors";
import { countSuppressionsByKey } from "@lethe/warehouse/suppressions";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { EXIT } from "../exit-codes.js";
import { formatKeys, type KeyUse, keyUses } from "../present/keys.js";
import { count } from "../present/receipt.js";
import { keyFile, readKeyring } from "../privacy-keys.js";
import { rotateKeyFile } from "../rotate-key-file.js";

/** Adds `lethe keys rotate` and `lethe keys list`. */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program.command("keys").summary("rotate and list the privacy keys");
  keys
    .command("rotate")
    .summary("put a new privacy key in use")
    .description(
      "Puts a new random key on top of the key file (LETHE_PRIVACY_KEY_FILE, else privacy.key in DATA_DIR). The old ones stay " +
        "below: people who were suppressed with them are still known by them, under the same pseudonyms.",
    )
    .action(async () => {
      const file = keyFile(context.environment);
      if (file === undefined) {
        throw new ConfigurationError(
          "LETHE_PRIVACY_KEY holds the key itself, which cannot be changed from here; put it in a file and name that in " +
            "LETHE_PRIVACY_KEY_FILE",
        );
      }
      const ring = await rotateKeyFile(file);
      context.terminal.print(
        `key ${ring.current.id} is on top of ${file}, with ${count(ring.all.length - 1, "older key")} below it`,
      );
      context.terminal.note(
        "Restart all services now, so that all of them take it up. Leave the old lines where they are as long as suppressions " +
          "use them (`lethe keys list`), and keep a copy of the file where the database's backups are not.",
      );
    });
  keys
    .command("list")
    .summary("list the privacy keys, by id")
    .description(
      "Lists the keys by their ids, the one in use first, with the number of suppressions that each is needed for; never the " +
        "keys themselves. Exits with 1 when suppressions need a key that is not there.",
    )
    .option("--json", "print one line of JSON per key instead of text")
    .action(async (options: { readonly json?: true }) => {
      const ring = readKeyring(context.environment);
      const counts = await withDatabase(await databaseSetting(context.environment), countSuppressionsByKey);
      const uses: readonly KeyUse[] = keyUses(ring, counts);
      if (options.json === true) for (const use of uses) context.terminal.print(JSON.stringify(use));
      else context.terminal.print(formatKeys(uses));
      context.exitWith(uses.some(({ state }) => state === "missing") ? EXIT.failed : EXIT.succeeded);
    });
}
