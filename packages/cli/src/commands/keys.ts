import { ConfigurationError, InvalidInputError } from "@lethe/contracts/errors";
import { count } from "@lethe/contracts/format-number";
import { keyUses } from "@lethe/privacy/key-uses";
import { createRecoveryKeys } from "@lethe/privacy/recovery-key";
import { createSigningKey, parseSigningKeys, rotateSigningKeys } from "@lethe/privacy/signing-key";
import { readSuppressionsByKey } from "@lethe/warehouse/suppressions";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { createSecretFile } from "../create-secret-file.js";
import { EXIT } from "../exit-codes.js";
import { notWritten } from "../named-files.js";
import { formatKeys } from "../present/keys.js";
import { keyFile, readKeyring } from "../privacy-keys.js";
import { rotateKeyFile, rotateSecretFile } from "../rotate-key-file.js";
import { readSigningKeys, signingKeyFile } from "../signing-keys.js";

interface OutOptions {
  readonly out: string;
  readonly json?: true;
}

/** Adds `lethe keys …`: the privacy keys, and those that sign receipts. */
export function addKeysCommand(program: Command, context: CommandContext): void {
  const keys = program.command("keys").summary("make, rotate and list keys");
  keys
    .command("rotate")
    .summary("put a new privacy key, or a new signing key, in use")
    .description(
      "Puts a new random key on top of the key file (LETHE_PRIVACY_KEY_FILE, else privacy.key in DATA_DIR). The old ones stay " +
        "below: people who were suppressed with them are still known by them, under the same pseudonyms. With --signing, the key " +
        "that signs receipts (LETHE_SIGNING_KEY_FILE, else signing.key in DATA_DIR); of the old one its public part alone is kept.",
    )
    .option("--signing", "rotate the key that signs receipts")
    .option("--json", "print JSON instead of text")
    .action(async ({ signing, json }: { readonly signing?: true; readonly json?: true }) => {
      if (signing === true) await rotateSigning(context, json === true);
      else await rotatePrivacy(context, json === true);
    });
  keys
    .command("signing")
    .summary("make a key that signs receipts")
    .description("Writes a new Ed25519 key, which only its owner may read. A file that is there stays as it is.")
    .requiredOption("--out <file>", "the file; name it in LETHE_SIGNING_KEY_FILE")
    .option("--json", "print JSON instead of text")
    .action(async ({ out, json }: OutOptions) => {
      await createNewSecret(out, createSigningKey());
      if (json === true) context.terminal.print(JSON.stringify({ file: out }));
      else context.terminal.print(`a new signing key is in ${out}; hand out its public part: \`lethe keys public\``);
    });
  keys
    .command("public")
    .summary("print the public keys that check receipts")
    .description(
      "Prints the public part of the key that signs receipts, and of those before it, as PEM. It is no secret: publish it where " +
        "those who check receipts find it (`lethe erasure verify --receipts FILE --public-key FILE`).",
    )
    .option("--json", "print JSON instead of text")
    .action(({ json }: { readonly json?: true }) => {
      const { publicKeys } = readSigningKeys(context.environment);
      context.terminal.print(json === true ? JSON.stringify({ publicKeys }) : publicKeys.join("").trimEnd());
    });
  keys
    .command("recovery")
    .summary("make the keys of exports for recovery")
    .description(
      "Writes a new X25519 private key to --out, which only its owner may read, and prints its public part. The public part is enough " +
        "to export (`lethe erasure export --out FILE --recovery-key FILE`); keep the private one where neither the database nor its backups are.",
    )
    .requiredOption("--out <file>", "the file of the private key")
    .option("--json", "print JSON instead of text")
    .action(async ({ out, json }: OutOptions) => {
      const { privateKey, publicKey } = createRecoveryKeys();
      await createNewSecret(out, privateKey);
      if (json === true) return context.terminal.print(JSON.stringify({ file: out, publicKey }));
      context.terminal.note(`the private key is in ${out}; this is its public part`);
      context.terminal.print(publicKey.trimEnd());
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
      const known = await withDatabase(await databaseSetting(context.environment), readSuppressionsByKey);
      const uses = keyUses(ring, known);
      if (options.json === true) for (const use of uses) context.terminal.print(JSON.stringify(use));
      else context.terminal.print(formatKeys(uses));
      context.exitWith(uses.some(({ state }) => state === "missing") ? EXIT.failed : EXIT.succeeded);
    });
}

async function rotatePrivacy({ environment, terminal }: CommandContext, json: boolean): Promise<void> {
  const file = keyFile(environment);
  if (file === undefined) throw heldByTheSetting("LETHE_PRIVACY_KEY");
  const ring = await rotateKeyFile(file);
  const text = `key ${ring.current.id} is on top of ${file}, with ${count(ring.all.length - 1, "older key")} below it`;
  terminal.print(json ? JSON.stringify({ keyId: ring.current.id, file, olderKeys: ring.all.length - 1 }) : text);
  terminal.note(
    "Restart all services now, so that all of them take it up. Leave the old lines where they are as long as suppressions " +
      "use them (`lethe keys list`), and keep a copy of the file where the database's backups are not.",
  );
}

async function rotateSigning({ environment, terminal }: CommandContext, json: boolean): Promise<void> {
  const file = signingKeyFile(environment);
  if (file === undefined) throw heldByTheSetting("LETHE_SIGNING_KEY");
  const { keyId, publicKeys } = parseSigningKeys(await rotateSecretFile(file, rotateSigningKeys));
  const text = `key ${keyId} signs from now on; ${file} holds the public part of ${count(publicKeys.length - 1, "older key")} below it`;
  terminal.print(json ? JSON.stringify({ keyId, file, olderKeys: publicKeys.length - 1 }) : text);
  terminal.note(
    "Restart loader and scheduler now, and hand out the public keys anew (`lethe keys public`): who checks receipts needs all of them.",
  );
}

function heldByTheSetting(setting: string): ConfigurationError {
  return new ConfigurationError(
    `${setting} holds the key itself, which cannot be changed from here; put it in a file and name that in ${setting}_FILE`,
  );
}

/** Throws InvalidInputError when the file is there, or cannot be written. */
async function createNewSecret(file: string, secret: string): Promise<void> {
  const isNew = await createSecretFile(file, secret).catch((error: unknown) => {
    throw notWritten(file, error, "--out");
  });
  if (!isNew) throw new InvalidInputError(`${file} is there already, and a key is never replaced; name another file`);
}
