import { ConfigurationError } from "@lethe/contracts/errors";
import { verifyErasures } from "@lethe/erasure/verify-erasures";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting, dataDirectory } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { erasureContext, openDataStorage } from "../../erasure-context.js";
import { EXIT, type ExitCode } from "../../exit-codes.js";
import { formatReceiptFileCheck, formatVerification } from "../../present/verification.js";
import { checkReceiptFile } from "../../receipt-file.js";

/** Adds `lethe erasure verify`. */
export function addVerifyCommand(erasure: Command, context: CommandContext): void {
  erasure
    .command("verify")
    .summary("check the receipts, and look for erased people everywhere")
    .description(
      "Walks the chain of receipts, then looks through every table and file for anybody on the suppression list; needs " +
        "the privacy key and the services' DATA_DIR, and takes as long as reading everything does. With --receipts it checks " +
        "exported receipts alone, and needs no database. Exits with 1 when something does not fit.",
    )
    .option("--receipts <file>", "check the receipts in this file: one, a JSON array, or JSON lines")
    .option("--json", "print the result as JSON instead of text")
    .action(async (options: { readonly receipts?: string; readonly json?: true }) => {
      const code =
        options.receipts === undefined
          ? await verifyAll(context, options.json === true)
          : await verifyFile(options.receipts, context, options.json === true);
      context.exitWith(code);
    });
}

async function verifyFile(file: string, { terminal }: CommandContext, json: boolean): Promise<ExitCode> {
  const check = await checkReceiptFile(file);
  const result = { receipts: check.receipts.length, faults: check.faults };
  terminal.print(json ? JSON.stringify(result) : formatReceiptFileCheck(check));
  return check.faults.length === 0 ? EXIT.succeeded : EXIT.failed;
}

async function verifyAll({ environment, terminal }: CommandContext, json: boolean): Promise<ExitCode> {
  await openDataStorage(environment).requireReadable();
  const verification = await withDatabase(await databaseSetting(environment), (pool) =>
    verifyErasures(erasureContext(environment, pool)),
  );
  const { faults, withoutReceipt, findings, looked } = verification;
  // A file that is not there holds nobody; where none is, it is the folder that is wrong.
  if (looked.files > 0 && looked.bytes === 0) {
    const data = dataDirectory(environment);
    throw new ConfigurationError(`none of the ledger's files is in DATA_DIR, ${data}: nothing could be looked through`);
  }
  terminal.print(json ? JSON.stringify(verification) : formatVerification(verification));
  return faults.length + withoutReceipt.length + findings.length === 0 ? EXIT.succeeded : EXIT.failed;
}
