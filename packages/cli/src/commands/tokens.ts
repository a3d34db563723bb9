import { formatTime } from "@lethe/contracts/format-time";
import { ROLE_MEANINGS, ROLES, type Role } from "@lethe/contracts/roles";
import { createApiToken, listApiTokens, revokeApiToken } from "@lethe/warehouse/access/api-tokens";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { formatTable } from "../present/table.js";

const ROLE_WIDTH = Math.max(...ROLES.map((role) => role.length));

/** Adds `lethe tokens create`, `lethe tokens list` and `lethe tokens revoke`. */
export function addTokensCommand(program: Command, context: CommandContext): void {
  const { environment, terminal } = context;
  const tokens = program.command("tokens").summary("create, list and revoke tokens of the API");
  tokens
    .command("create")
    .summary("create a token and show it once")
    .description(
      "Creates a token and prints it, once: the database keeps a hash alone. Every decision under it is recorded with its name.",
    )
    .addHelpText(
      "after",
      `\nRoles:\n${ROLES.map((role) => `  ${role.padEnd(ROLE_WIDTH)}  ${ROLE_MEANINGS[role]}`).join("\n")}`,
    )
    .argument("<name>", "what it is for, such as support-desk; not a person's name")
    .addOption(new Option("--role <role>", "what its holder may do").choices(ROLES).makeOptionMandatory())
    .option("--json", "print JSON instead of text")
    .action(async (name: string, { role, json }: { readonly role: Role; readonly json?: true }) => {
      const token = await withDatabase(await databaseSetting(environment), (pool) => createApiToken(pool, name, role));
      if (json === true) return terminal.print(JSON.stringify({ name, role, token }));
      terminal.note(`the token ${name} (${role}); it cannot be shown again:`);
      terminal.print(token);
    });
  tokens
    .command("list")
    .summary("list tokens by name")
    .description("Lists the tokens with their roles, the revoked ones among them; never the tokens themselves.")
    .option("--json", "print one line of JSON per token instead of text")
    .action(async (options: { readonly json?: true }) => {
      const all = await withDatabase(await databaseSetting(environment), listApiTokens);
      if (options.json === true) for (const each of all) terminal.print(JSON.stringify(each));
      else if (all.length === 0) terminal.print("there is no named token");
      else {
        terminal.print(
          formatTable(
            [{ title: "name" }, { title: "role" }, { title: "created" }, { title: "revoked" }],
            all.map(({ name, role, createdAt, revokedAt }) => [
              name,
              role,
              formatTime(createdAt),
              revokedAt === null ? "" : formatTime(revokedAt),
            ]),
          ),
        );
      }
    });
  tokens
    .command("revoke")
    .summary("shut out whoever holds a token")
    .description("Takes effect at once. The name stays taken, since decisions were recorded under it.")
    .argument("<name>", "the token's name")
    .option("--json", "print JSON instead of text")
    .action(async (name: string, { json }: { readonly json?: true }) => {
      await withDatabase(await databaseSetting(environment), (pool) => revokeApiToken(pool, name));
      terminal.print(json === true ? JSON.stringify({ name, revoked: true }) : `the token ${name} is revoked`);
    });
}
