import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { InvalidInputError } from "@lethe/contracts/errors";
import {
  createAnalystLogin,
  dropAnalystLogin,
  listAnalystLogins,
  requireLoginName,
} from "@lethe/warehouse/analyst-logins";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { createSecretFile } from "../create-secret-file.js";
import { notWritten } from "../named-files.js";
import { formatTable } from "../present/table.js";

const PASSWORD_BYTES = 24;

interface CreateOptions {
  readonly passwordFile?: string;
  readonly json?: true;
}

/** Adds `lethe analyst create`, `lethe analyst list` and `lethe analyst drop`. */
export function addAnalystCommand(program: Command, context: CommandContext): void {
  const analyst = program.command("analyst").summary("give people logins that see the anonymised views alone");
  addCreateCommand(analyst, context);
  addListAndDropCommands(analyst, context);
}

function addCreateCommand(analyst: Command, { environment, terminal }: CommandContext): void {
  analyst
    .command("create")
    .summary("create a login and show its password once")
    .description(
      "Creates a login of the database that reads the views of schema analytics, which name nobody, and nothing else. Prints its " +
        "password, once, or writes it to a file. The login of DATABASE_URL must be one that may create others.",
    )
    .argument("<name>", "the login's name: lower-case letters, digits and _")
    .option("--password-file <file>", "write the password to this new file, for its owner alone, and do not print it")
    .option("--json", "print JSON instead of text")
    .action(async (name: string, { passwordFile, json }: CreateOptions) => {
      requireLoginName(name);
      const databaseUrl = await databaseSetting(environment);
      const password = randomBytes(PASSWORD_BYTES).toString("base64url");
      await withDatabase(databaseUrl, async (pool) => {
        // First, so that nobody has a login whose password is nowhere.
        if (passwordFile !== undefined) await writePassword(passwordFile, password);
        await createAnalystLogin(pool, name, password).catch(async (error: unknown) => {
          if (passwordFile !== undefined) await rm(passwordFile, { force: true });
          throw error;
        });
      });
      const secret = passwordFile === undefined ? { password } : { passwordFile };
      if (json === true) return terminal.print(JSON.stringify({ name, ...secret }));
      terminal.note(
        `the login ${name} reads the views of schema analytics; connect with \`${connectCommand(databaseUrl, name)}\``,
      );
      if (passwordFile !== undefined) return terminal.print(`its password is in ${passwordFile}`);
      terminal.note("its password, which cannot be shown again:");
      terminal.print(password);
    });
}

function addListAndDropCommands(analyst: Command, { environment, terminal }: CommandContext): void {
  analyst
    .command("list")
    .summary("list analysts' logins by name")
    .description("Lists the logins with an analyst's rights, and how many connections each has open.")
    .option("--json", "print one line of JSON per login instead of text")
    .action(async ({ json }: { readonly json?: true }) => {
      const logins = await withDatabase(await databaseSetting(environment), listAnalystLogins);
      if (json === true) for (const login of logins) terminal.print(JSON.stringify(login));
      else if (logins.length === 0)
        terminal.print("there is no analyst's login; `lethe analyst create NAME` creates one");
      else {
        terminal.print(
          formatTable(
            [{ title: "name" }, { title: "connections", align: "right" }],
            logins.map(({ name, connections }) => [name, String(connections)]),
          ),
        );
      }
    });
  analyst
    .command("drop")
    .summary("drop an analyst's login")
    .description("Drops a login that has an analyst's rights; its connections end.")
    .argument("<name>", "the login's name, as `lethe analyst list` shows it")
    .option("--json", "print JSON instead of text")
    .action(async (name: string, { json }: { readonly json?: true }) => {
      await withDatabase(await databaseSetting(environment), (pool) => dropAnalystLogin(pool, name));
      terminal.print(json === true ? JSON.stringify({ name, dropped: true }) : `the login ${name} is dropped`);
    });
}

async function writePassword(file: string, password: string): Promise<void> {
  const isNew = await createSecretFile(file, `${password}\n`).catch((error: unknown) => {
    throw notWritten(file, error, "--password-file");
  });
  if (!isNew) throw new InvalidInputError(`--password-file: ${file} is there already; name a new file`);
}

function connectCommand(databaseUrl: string, name: string): string {
  const { hostname, port, pathname } = new URL(databaseUrl);
  return ["psql", `-h ${hostname}`, ...(port === "" ? [] : [`-p ${port}`]), `-U ${name}`, pathname.slice(1)].join(" ");
}
