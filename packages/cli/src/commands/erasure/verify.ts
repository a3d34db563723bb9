import { readFile } from "node:fs/promises";
import { type Receipt, ReceiptSchema } from "@lethe/contracts/erasures";
import { InvalidInputError } from "@lethe/contracts/errors";
import { type Verification, verifyErasures } from "@lethe/erasure/verify-erasures";
import { checkReceiptChain } from "@lethe/warehouse/erasures/receipts";
import type { Command } from "commander";
import { Compile } from "typebox/compile";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { erasureContext } from "../../erasure-context.js";
import { EXIT } from "../../exit-codes.js";
import { formatVerification } from "../../present/erasures.js";

/** Adds `lethe erasure verify`. */
export function addVerifyCommand(erasure: Command, context: CommandContext): void {
  erasure
    .command("verify")
    .summary("check every receipt, and look through everything that is kept for the forgotten")
    .description(
      "Walks the chain of receipts and searches all tables and files for anybody on the suppression list. With " +
        "--receipts it checks exported receipts alone and needs no database. Exits with 1 when something is found.",
    )
    .option("--receipts <file>", "exported receipts: a JSON array, or one a line")
    .option("--json", "print JSON instead of text")
    .action(async (options: { readonly receipts?: string; readonly json?: true }) => {
      const { environment, terminal } = context;
      const result: Verification =
        options.receipts === undefined
          ? await withDatabase(await databaseSetting(environment), (pool) =>
              verifyErasures(erasureContext(environment, pool)),
            )
          : checkReceipts(await readReceipts(options.receipts));
      terminal.print(options.json === true ? JSON.stringify(result) : formatVerification(result));
      context.exitWith(result.faults.length + result.findings.length === 0 ? EXIT.succeeded : EXIT.failed);
    });
}

function checkReceipts(receipts: readonly Receipt[]): Verification {
  return {
    receipts: receipts.length,
    faults: checkReceiptChain(receipts),
    looked: { records: 0, files: 0, bytes: 0 },
    findings: [],
  };
}

async function readReceipts(file: string): Promise<Receipt[]> {
  let content: string;
  try {
    content = await readFile(file, "utf8");
  } catch (error) {
    throw new InvalidInputError("the file that --receipts names cannot be read", { cause: error });
  }
  const check = Compile(ReceiptSchema);
  return parseReceipts(content).map((receipt, i) => {
    if (!check.Check(receipt)) throw new InvalidInputError(`number ${i + 1} in the file is no receipt`);
    return receipt;
  });
}

function parseReceipts(content: string): unknown[] {
  try {
    const trimmed = content.trim();
    if (trimmed.startsWith("[")) return JSON.parse(trimmed);
    return trimmed.split("\n").map((line): unknown => JSON.parse(line));
  } catch (error) {
    throw new InvalidInputError("the file is neither a JSON array nor one JSON object a line", { cause: error });
  }
}
