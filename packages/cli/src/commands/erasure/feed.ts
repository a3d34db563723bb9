import { readRewrittenFiles } from "@lethe/warehouse/feed/rewritten-files";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { writeNamedFile } from "../../named-files.js";
import { integerBetween } from "../../parse-arguments.js";
import { formatTable } from "../../present/table.js";

interface FeedOptions {
  readonly after: number;
  readonly limit: number;
  readonly json?: true;
  readonly out?: string;
}

/** Adds `lethe erasure feed`. */
export function addFeedCommand(erasure: Command, context: CommandContext): void {
  const { terminal } = context;
  erasure
    .command("feed")
    .summary("list processed files that erasures have rewritten")
    .description(
      "Lists the processed files that whoever took copies must take anew (GDPR Art. 19), oldest first. It names files alone, " +
        "never an erasure.",
    )
    .option("--after <position>", "go on behind this position", integerBetween(0, Number.MAX_SAFE_INTEGER), 0)
    .option("--limit <files>", "files on a page", integerBetween(1, 100_000), 1_000)
    .option("--json", "print one line of JSON per file instead of text")
    .option("--out <file>", "write lines of JSON to this file, as a manifest for a recipient")
    .action(async ({ after, limit, json, out }: FeedOptions) => {
      const { files, position } = await withDatabase(await databaseSetting(context.environment), (pool) =>
        readRewrittenFiles(pool, after, limit),
      );
      if (out !== undefined) {
        const lines = files.map((file) => `${JSON.stringify(file)}\n`).join("");
        await writeNamedFile(out, lines, "--out");
      } else if (json === true) for (const file of files) terminal.print(JSON.stringify(file));
      else if (files.length === 0) terminal.print("no file was rewritten since");
      else {
        terminal.print(
          formatTable(
            [{ title: "position", align: "right" }, { title: "rewritten" }, { title: "file" }],
            files.map((file) => [String(file.position), file.rewrittenOn, file.path]),
          ),
        );
      }
      terminal.note(`the next time, go on with --after ${position}`);
    });
}
