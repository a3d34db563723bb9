import { InvalidInputError } from "@lethe/contracts/errors";
import { count } from "@lethe/contracts/format-number";
import { reapplyErasures } from "@lethe/erasure/reapply-erasures";
import { decryptForRecovery } from "@lethe/privacy/recovery-key";
import { parsePublicKeys } from "@lethe/privacy/signing-key";
import { migrate } from "@lethe/warehouse/migrate";
import { acceptRestore } from "@lethe/warehouse/proof/accept-restore";
import { checkLog } from "@lethe/warehouse/proof/check-log";
import type { Recovery } from "@lethe/warehouse/proof/recovery";
import type { Command } from "commander";
import { callerName } from "../../caller-name.js";
import { withCheckpointStores } from "../../checkpoint-stores.js";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { erasureContext, openDataStorage } from "../../erasure-context.js";
import { EXIT } from "../../exit-codes.js";
import { readNamedBytes, readNamedFile } from "../../named-files.js";
import { nameFault } from "../../receipt-file.js";
import { readSigningKeys } from "../../signing-keys.js";

const MAX_NOTE = 1_000;
const FAULTS_SHOWN = 3;

/** The erasures' lock, the publication of a file, and what is recorded of it each take one. */
const CONNECTIONS = 6;

interface ReapplyOptions {
  readonly from: string;
  readonly recoveryKey: string;
  readonly publicKey?: string;
  readonly json?: true;
}

/** Adds `lethe erasure reapply` and `lethe erasure accept-restore`. */
export function addReapplyCommands(erasure: Command, context: CommandContext): void {
  erasure
    .command("reapply")
    .summary("erase people again after a backup was restored")
    .description(
      "Brings a restored database and restored files to the state that receipts promise: merges the suppressions, receipts and " +
        "signatures that the backup lacks, and erases again whoever the restored data holds. Run it before any service starts; " +
        "needs the privacy key, the signing key and the services' DATA_DIR. It can be run again.",
    )
    .requiredOption("--from <file>", "the newest export (`lethe erasure export --out FILE --recovery-key FILE`)")
    .requiredOption("--recovery-key <file>", "the private recovery key")
    .option("--public-key <file>", "check the export's signatures with these keys, not with the installation's own")
    .option("--json", "print JSON instead of text")
    .action(async (options: ReapplyOptions) => context.exitWith(await reapply(context, options)));
  erasure
    .command("accept-restore")
    .summary("go on with a database that is older than the newest checkpoint")
    .description(
      "Accepts a restored database as it is, where there is no export to reapply: people who were erased after the backup may be in " +
        "it. Who did so and why is logged and signed; from then on services load again.",
    )
    .requiredOption("--note <text>", "on what ground; it is kept as it is, so name a case, not a person")
    .option("--json", "print JSON instead of text")
    .action(async ({ note, json }: { readonly note: string; readonly json?: true }) => {
      if (note.trim() === "" || note.length > MAX_NOTE) {
        throw new InvalidInputError(`--note must say on what ground, in at most ${MAX_NOTE} characters`);
      }
      const { environment, terminal } = context;
      const signer = readSigningKeys(environment);
      const checkpoint = await withDatabase(await databaseSetting(environment), (pool) =>
        withCheckpointStores(environment, terminal, async (stores) => {
          const by = await callerName(environment, pool, "privacy-officer");
          return acceptRestore(pool, { signer, stores }, { by, note });
        }),
      );
      if (json === true) return terminal.print(JSON.stringify({ checkpoint: checkpoint.number }));
      terminal.print(`checkpoint ${checkpoint.number} is the newest one now, and services load again`);
    });
}

async function reapply({ environment, terminal, datasets }: CommandContext, options: ReapplyOptions) {
  const recovery = readRecovery(
    await readNamedFile(options.recoveryKey, "--recovery-key"),
    await readNamedBytes(options.from, "--from"),
  );
  const signer = readSigningKeys(environment);
  const keys =
    options.publicKey === undefined
      ? signer.publicKeys.join("")
      : await readNamedFile(options.publicKey, "--public-key");
  requireWhole(recovery, keys);
  await openDataStorage(environment).requireReadable();
  const databaseUrl = await databaseSetting(environment);
  await migrate(databaseUrl, datasets.database);
  const log = {
    info: () => undefined,
    error: (_: unknown, message: string) => terminal.note(message),
  };
  const done = await withDatabase(
    databaseUrl,
    (pool) =>
      withCheckpointStores(environment, terminal, (stores) =>
        reapplyErasures({ ...erasureContext(environment, pool), signing: { signer, stores } }, recovery, log),
      ),
    CONNECTIONS,
  );
  if (options.json === true) terminal.print(JSON.stringify(done));
  else
    terminal.print(
      `${count(done.entries, "entry")} and ${count(done.checkpoints, "checkpoint")} were merged; ` +
        `the erasures of ${count(done.people, "subject")} were reapplied, ${done.held} of whom the restored tables held`,
    );
  if (done.waiting === 0) return EXIT.succeeded;
  terminal.note(
    `${count(done.waiting, "erasure")} wait for runs that were open when the backup was made: start the services, which take ` +
      "them to their end, and see `lethe erasure list --state suppressed`",
  );
  return EXIT.failed;
}

function readRecovery(key: string, sealed: Buffer): Recovery {
  const recovery = JSON.parse(decryptForRecovery(key, sealed).toString("utf8")) as Recovery;
  if (recovery.version !== 1) {
    throw new InvalidInputError("the export is of another version of Lethe; reapply it with that version");
  }
  return recovery;
}

/** Whoever has the public recovery key can write an export: what counts is who has signed its log. */
function requireWhole({ entries, checkpoints }: Recovery, publicKeys: string): void {
  const { faults } = checkLog(entries, checkpoints, { verifySignature: parsePublicKeys(publicKeys) });
  if (faults.length === 0) return;
  const shown = faults.slice(0, FAULTS_SHOWN).map(nameFault).join("; ");
  throw new InvalidInputError(`the export's log does not fit its signatures, and nothing was changed: ${shown}`);
}
