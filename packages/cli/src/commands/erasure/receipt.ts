import { InvalidInputError } from "@lethe/contracts/errors";
import { count } from "@lethe/contracts/format-number";
import { receiptPage } from "@lethe/erasure/receipt-page";
import { encryptForRecovery } from "@lethe/privacy/recovery-key";
import { declaredTables } from "@lethe/warehouse/data-map";
import { readReceipt } from "@lethe/warehouse/erasures/receipts";
import { readWholeLog } from "@lethe/warehouse/proof/read-log";
import { readRecovery } from "@lethe/warehouse/proof/recovery";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { readNamedFile, writeNamedFile } from "../../named-files.js";
import { parseErasureKey } from "../../parse-arguments.js";
import { formatReceipt } from "../../present/receipt.js";
import { formatLog } from "../../receipt-file.js";

/** Adds `lethe erasure receipt` and `lethe erasure export`. */
export function addReceiptCommands(erasure: Command, context: CommandContext): void {
  erasure
    .command("receipt")
    .summary("show the receipt of a completed erasure")
    .description("Shows a receipt as text, as JSON, or as a page to be printed. It holds no personal data.")
    .argument("<receipt>", "its number, or the erasure's id", parseErasureKey)
    .option("--html <file>", "write a page to print on A4, which needs nothing else")
    .option("--json", "print the receipt as JSON; `lethe erasure verify --receipts` checks it")
    .action(async (key: string, options: { readonly html?: string; readonly json?: true }) => {
      const receipt = await withDatabase(await databaseSetting(context.environment), (pool) => readReceipt(pool, key));
      if (options.html !== undefined) {
        await writeNamedFile(options.html, receiptPage(receipt, declaredTables(context.datasets.database)), "--html");
        context.terminal.note(`receipt ${receipt.sequence} is in ${options.html}`);
      }
      if (options.json === true) context.terminal.print(JSON.stringify(receipt));
      else if (options.html === undefined) context.terminal.print(formatReceipt(receipt));
    });
  erasure
    .command("export")
    .summary("write the whole log of receipts out, with its signatures")
    .description(
      "Writes every entry of the log (receipts, suppressions, decisions) and every signed checkpoint as lines of JSON. A stranger " +
        "checks them with `lethe erasure verify --receipts FILE --public-key FILE` and needs nothing else. Keep a copy apart from " +
        "the database and its backups: held against it (`--checkpoint`), a log that was rolled back shows too.",
    )
    .option("--receipts <file>", "write to this file instead of standard output")
    .option("--out <file>", "the same as --receipts; with --recovery-key, what `lethe erasure reapply` takes")
    .option("--recovery-key <file>", "encrypt what a restored backup needs to this key (`lethe keys recovery`)")
    .action(async (options: ExportOptions) => {
      if (options.recoveryKey !== undefined) {
        await exportRecovery(context, options.recoveryKey, options.out);
        return;
      }
      const [entries, checkpoints] = await withDatabase(await databaseSetting(context.environment), readWholeLog);
      const lines = formatLog(entries, checkpoints);
      const file = options.receipts ?? options.out;
      if (file === undefined) {
        for (const line of lines) context.terminal.print(line);
        return;
      }
      await writeNamedFile(
        file,
        lines.map((line) => `${line}\n`).join(""),
        options.receipts === undefined ? "--out" : "--receipts",
      );
      const receipts = entries.filter(({ kind }) => kind === "receipt").length;
      context.terminal.note(
        `${count(receipts, "receipt")} and ${count(checkpoints.length, "checkpoint")} are in ${file}`,
      );
    });
}

interface ExportOptions {
  readonly receipts?: string;
  readonly out?: string;
  readonly recoveryKey?: string;
}

async function exportRecovery({ environment, terminal }: CommandContext, keyFile: string, out?: string): Promise<void> {
  if (out === undefined)
    throw new InvalidInputError("--recovery-key needs --out, a file to write to: what it writes is no text");
  const key = await readNamedFile(keyFile, "--recovery-key");
  const recovery = await withDatabase(await databaseSetting(environment), readRecovery);
  await writeNamedFile(out, encryptForRecovery(key, Buffer.from(JSON.stringify(recovery))), "--out");
  const { entries, checkpoints, erasures } = recovery;
  terminal.note(
    `${count(erasures.length, "erasure")}, ${count(entries.length, "entry")} and ${count(checkpoints.length, "checkpoint")} are in ${out}; ` +
      "only the holder of the recovery key can read it. Write a new one after every run of erasures, and keep it apart from backups",
  );
}
