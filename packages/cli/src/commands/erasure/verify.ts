import { existsSync } from "node:fs";
import { ConfigurationError } from "@lethe/contracts/errors";
import { verifyErasures } from "@lethe/erasure/verify-erasures";
import { parsePublicKeys } from "@lethe/privacy/signing-key";
import type { Environment } from "@lethe/service-kit/settings";
import type { Command } from "commander";
import { withCheckpointStores } from "../../checkpoint-stores.js";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting, dataDirectory } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { erasureContext, openDataStorage } from "../../erasure-context.js";
import { EXIT, type ExitCode } from "../../exit-codes.js";
import { readNamedFile } from "../../named-files.js";
import { formatReceiptFileCheck, formatVerification } from "../../present/verification.js";
import { checkReceiptText, parseCheckpoint, type ReceiptCheckOptions } from "../../receipt-file.js";
import { readSigningKeys, signingKeyFile } from "../../signing-keys.js";

/** Adds `lethe erasure verify`. */
export function addVerifyCommand(erasure: Command, context: CommandContext): void {
  erasure
    .command("verify")
    .summary("check the receipts, and look for erased people everywhere")
    .description(
      "Checks the log of receipts and its signatures, then looks through every table and file for anybody on the suppression " +
        "list; needs the privacy key and the services' DATA_DIR, and takes as long as reading everything does. With --receipts it " +
        "checks what was exported, and needs no database. Exits with 1 when something does not fit.",
    )
    .option("--receipts <file>", "check this export (`lethe erasure export`), or the receipts in this file")
    .option("--public-key <file>", "check signatures with the public keys in this file (`lethe keys public`)")
    .option("--checkpoint <file>", "a checkpoint, or an older export, that was kept elsewhere: the log must hold it")
    .option("--json", "print the result as JSON instead of text")
    .action(async (options: VerifyOptions) => {
      const code =
        options.receipts === undefined
          ? await verifyAll(context, options)
          : await verifyFile(options.receipts, context, options);
      context.exitWith(code);
    });
}

interface VerifyOptions {
  readonly receipts?: string;
  readonly publicKey?: string;
  readonly checkpoint?: string;
  readonly json?: true;
}

async function verifyFile(file: string, { terminal }: CommandContext, options: VerifyOptions): Promise<ExitCode> {
  const check = checkReceiptText(await readNamedFile(file, "--receipts"), await readCheckOptions(options));
  const { receipts, entries, checkpoints, unsigned, faults } = check;
  const result = { receipts, entries, checkpoints: checkpoints.length, unsigned, faults };
  terminal.print(options.json === true ? JSON.stringify(result) : formatReceiptFileCheck(check));
  return check.faults.length === 0 ? EXIT.succeeded : EXIT.failed;
}

/** Signatures are checked with the keys that are given, else with the installation's own, where this machine has them. */
async function ownSignatures(environment: Environment, { publicKey }: VerifyOptions) {
  if (publicKey !== undefined) return parsePublicKeys(await readNamedFile(publicKey, "--public-key"));
  const file = signingKeyFile(environment);
  if (file !== undefined && !existsSync(file)) return undefined;
  return parsePublicKeys(readSigningKeys(environment).publicKeys.join(""));
}

async function readCheckOptions({ publicKey, checkpoint }: VerifyOptions): Promise<ReceiptCheckOptions> {
  return {
    ...(publicKey !== undefined && {
      verifySignature: parsePublicKeys(await readNamedFile(publicKey, "--public-key")),
    }),
    ...(checkpoint !== undefined && { kept: parseCheckpoint(await readNamedFile(checkpoint, "--checkpoint")) }),
  };
}

async function verifyAll({ environment, terminal }: CommandContext, options: VerifyOptions): Promise<ExitCode> {
  await openDataStorage(environment).requireReadable();
  const verifySignature = await ownSignatures(environment, options);
  if (verifySignature === undefined) terminal.note("signatures are not checked: give --public-key");
  const verification = await withDatabase(await databaseSetting(environment), (pool) =>
    withCheckpointStores(environment, terminal, (stores) =>
      verifyErasures(erasureContext(environment, pool), { verifySignature, stores }),
    ),
  );
  const { faults, withoutReceipt, findings, looked, notSearched } = verification;
  // Where none of them is, it is the folder that is wrong.
  if (notSearched.missing > 0 && looked.files === 0) {
    const data = dataDirectory(environment);
    throw new ConfigurationError(`none of the ledger's files is in DATA_DIR, ${data}: nothing could be looked through`);
  }
  terminal.print(options.json === true ? JSON.stringify(verification) : formatVerification(verification));
  return faults.length + withoutReceipt.length + findings.length === 0 ? EXIT.succeeded : EXIT.failed;
}
