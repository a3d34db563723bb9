import { InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import { openSealedFile } from "@lethe/erasure/sealed-files";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { createSecretFile } from "../create-secret-file.js";
import { openDataStorage } from "../erasure-context.js";
import { notWritten } from "../named-files.js";
import { integerBetween } from "../parse-arguments.js";
import { readKeyring } from "../privacy-keys.js";

/** Adds `lethe quarantine file`. */
export function addFileCommand(quarantine: Command, context: CommandContext): void {
  quarantine
    .command("file")
    .summary("open a quarantined file that is kept encrypted")
    .description(
      "Writes a quarantined file that no erasure can search, and that is therefore kept encrypted, as it came. Its number is " +
        "the last one in its name. After an erasure its key is destroyed, and the file with it.",
    )
    .argument("<number>", "the file's number in the ledger", integerBetween(1, Number.MAX_SAFE_INTEGER))
    .requiredOption("--out <file>", "the file to write, which must not be there")
    .option("--json", "print JSON instead of text")
    .action(async (fileId: number, { out, json }: { readonly out: string; readonly json?: true }) => {
      const storage = openDataStorage(context.environment);
      const ring = readKeyring(context.environment);
      const bytes = await withDatabase(await databaseSetting(context.environment), (pool) =>
        openSealedFile({ pool, ring, storage }, fileId),
      );
      if (bytes === undefined) {
        throw new NotFoundError(`no encrypted file has the number ${fileId}, or its key was destroyed by an erasure`);
      }
      const isNew = await createSecretFile(out, bytes).catch((error: unknown) => {
        throw notWritten(out, error, "--out");
      });
      if (!isNew) throw new InvalidInputError(`--out: ${out} is there already; name another file`);
      if (json === true) return context.terminal.print(JSON.stringify({ file: out, bytes: bytes.length }));
      context.terminal.note(`${bytes.length} bytes were written to ${out}`);
    });
}
