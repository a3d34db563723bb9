import { namePlace } from "@lethe/erasure/receipt-words";
import { erasureIdOf } from "@lethe/warehouse/erasures/receipts";
import { listReviewFindings } from "@lethe/warehouse/erasures/review-findings";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { formerly } from "../../former-option.js";
import { integerBetween, parseErasureKey } from "../../parse-arguments.js";
import { formatTable } from "../../present/table.js";

interface FindingsOptions {
  readonly erasureId?: string;
  readonly limit: number;
  readonly json?: true;
}

/** Adds `lethe erasure findings`. */
export function addFindingsCommand(erasure: Command, context: CommandContext): void {
  erasure
    .command("findings")
    .summary("list mentions that a person has to look at")
    .description(
      "Lists where other people's records mention an erased person by a name, a phone or an address that several people may " +
        "share. Lethe does not change these: it shows the place, and no value.",
    )
    .option(
      "--erasure-id <erasure>",
      "only findings of this erasure, by its id or its receipt's number",
      parseErasureKey,
    )
    .addOption(formerly("--erasure <erasure>", "erasureId", parseErasureKey))
    .option("--limit <findings>", "findings at most", integerBetween(1, 10_000), 200)
    .option("--json", "print one line of JSON per finding instead of text")
    .action(async ({ erasureId: key, limit, json }: FindingsOptions) => {
      const findings = await withDatabase(await databaseSetting(context.environment), async (pool) =>
        listReviewFindings(pool, key === undefined ? undefined : await erasureIdOf(pool, key), limit),
      );
      if (json === true) for (const finding of findings) context.terminal.print(JSON.stringify(finding));
      else if (findings.length === 0) context.terminal.print("nothing to look at");
      else {
        const rows = findings.map((finding) => [
          finding.erasureId,
          finding.kind,
          namePlace(finding),
          finding.pointer === "" ? `record ${finding.line}` : finding.pointer,
          String(finding.records),
        ]);
        const titles = ["erasure", "mentions", "place", "where"].map((title) => ({ title }));
        context.terminal.print(formatTable([...titles, { title: "records", align: "right" }], rows));
      }
    });
}
