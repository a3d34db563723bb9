import { InvalidInputError } from "@lethe/contracts/errors";
import { replaceFile } from "@lethe/storage/replace-file";
import { declaredTables } from "@lethe/warehouse/data-map";
import { readReceipt, readReceiptChain } from "@lethe/warehouse/erasures/receipts";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { parseErasureId } from "../../parse-arguments.js";
import { formatReceipt } from "../../present/receipt.js";
import { receiptPage } from "../../present/receipt-page.js";

/** Adds `lethe erasure receipt` and `lethe erasure export`. */
export function addReceiptCommands(erasure: Command, context: CommandContext): void {
  erasure
    .command("receipt")
    .summary("show the receipt of a completed erasure")
    .description("Shows a receipt as text, as JSON, or as a page to be printed. It holds no personal data.")
    .argument("<id>", "the erasure's id", parseErasureId)
    .option("--html <file>", "write a page to print on A4, which needs nothing else")
    .option("--json", "print the receipt as JSON; `lethe erasure verify --receipts` checks it")
    .action(async (id: string, options: { readonly html?: string; readonly json?: true }) => {
      const receipt = await withDatabase(await databaseSetting(context.environment), (pool) => readReceipt(pool, id));
      if (options.html !== undefined) {
        await writeWhole(options.html, receiptPage(receipt, declaredTables(context.datasets.database)));
        context.terminal.note(`receipt ${receipt.sequence} is in ${options.html}`);
      }
      if (options.json === true) context.terminal.print(JSON.stringify(receipt));
      else if (options.html === undefined) context.terminal.print(formatReceipt(receipt));
    });
  erasure
    .command("export")
    .summary("write all receipts out")
    .description(
      "Writes every receipt as a line of JSON, in the order of their chain. Keep it apart from the database and its backups: " +
        "held against it, receipts that were taken from the chain's end show too.",
    )
    .option("--out <file>", "write to this file instead of standard output")
    .action(async (options: { readonly out?: string }) => {
      const receipts = await withDatabase(await databaseSetting(context.environment), readReceiptChain);
      const lines = receipts.map((receipt) => JSON.stringify(receipt));
      if (options.out === undefined) {
        for (const line of lines) context.terminal.print(line);
        return;
      }
      await writeWhole(options.out, lines.map((line) => `${line}\n`).join(""));
      context.terminal.note(`${lines.length} receipts are in ${options.out}`);
    });
}

/** Writes a file that appears whole or not at all. */
async function writeWhole(file: string, content: string): Promise<void> {
  try {
    await replaceFile(file, content);
  } catch (error) {
    throw new InvalidInputError(`${file} cannot be written`, { cause: error });
  }
}
