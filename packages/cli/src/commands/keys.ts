import { InvalidInputError } from "@lethe/contracts/errors";
import { countSuppressionsByKey } from "@lethe/warehouse/suppressions";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { keyFile, readKeyring } from "../erasure-context.js";
import { formatCount, formatTable } from "../present/table.js";
import { rotateKeyFile } from "../rotate-key-file.js";

/** Adds `lethe keys list` and `lethe keys rotate`. */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program.command("keys").summary("list and rotate the keys of pseudonyms and suppressions");
  keys
    .command("list")
    .summary("show the keys by id, never the keys themselves")
    .action(async () => {
      const ring = readKeyring(context.environment);
      const counts = await withDatabase(await databaseSetting(context.environment), countSuppressionsByKey);
      const ids = [...new Set([...ring.all.map(({ id }) => id), ...counts.keys()])];
      const rows = ids.map((id) => [id, describe(id, ring), formatCount(counts.get(id) ?? 0)]);
      context.terminal.print(
        formatTable([{ title: "key" }, { title: "" }, { title: "suppressions", align: "right" }], rows),
      );
    });
  keys
    .command("rotate")
    .summary("put a new key in use; the old ones stay for what they hashed")
    .description(
      "Puts a new random key on top of the key file (LETHE_PRIVACY_KEY_FILE, else DATA_DIR/privacy.key). Old suppressions " +
        "still match by the keys below it. Services take it up when they are started again.",
    )
    .action(async () => {
      if ((context.environment.LETHE_PRIVACY_KEY ?? "") !== "") {
        throw new InvalidInputError("the key comes from LETHE_PRIVACY_KEY itself; only a key file can be rotated");
      }
      readKeyring(context.environment);
      const ring = await rotateKeyFile(keyFile(context.environment));
      context.terminal.print(`key ${ring.current.id} is in use, ${ring.all.length - 1} older ones stay`);
      context.terminal.note("start the services again; keep the older lines as long as `lethe keys list` counts them");
    });
}

function describe(id: string, ring: ReturnType<typeof readKeyring>): string {
  if (id === ring.current.id) return "in use";
  return ring.all.some((key) => key.id === id) ? "kept for what it hashed" : "MISSING: its people are not recognised";
}
