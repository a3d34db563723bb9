import { writeFile } from "node:fs/promises";
import type { Receipt } from "@lethe/contracts/erasures";
import { readReceipt, readReceiptChain } from "@lethe/warehouse/erasures/receipts";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { parseRunId } from "../../parse-arguments.js";
import { formatReceipt } from "../../present/receipt.js";
import { receiptPage } from "../../present/receipt-page.js";

/** Adds `lethe erasure receipt` and `lethe erasure export`. */
export function addReceiptCommands(erasure: Command, { environment, terminal }: CommandContext): void {
  erasure
    .command("receipt")
    .summary("show an erasure's receipt")
    .argument("<id>", "the erasure", parseRunId)
    .option("--html <file>", "write it as a page that can be printed")
    .option("--json", "print JSON instead of text")
    .action(async (id: string, options: { readonly html?: string; readonly json?: true }) => {
      const receipt = await withDatabase(await databaseSetting(environment), (pool) => readReceipt(pool, id));
      if (options.html !== undefined) {
        await writeFile(options.html, receiptPage(receipt));
        terminal.note(`wrote receipt ${receipt.sequence} to ${options.html}`);
      } else {
        terminal.print(options.json === true ? JSON.stringify(receipt) : formatReceipt(receipt));
      }
    });
  erasure
    .command("export")
    .summary("print all receipts, one line of JSON each, to be kept elsewhere")
    .action(async () => {
      const receipts = await withDatabase<Receipt[]>(await databaseSetting(environment), readReceiptChain);
      for (const receipt of receipts) terminal.print(JSON.stringify(receipt));
    });
}
