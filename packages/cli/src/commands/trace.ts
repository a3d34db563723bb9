import type { DatasetName } from "@lethe/contracts/datasets";
import { InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import { keyOnLine } from "@lethe/lineage/key-on-line";
import { traceLine } from "@lethe/lineage/trace-line";
import { type LineageContext, requireKey, traceRecord } from "@lethe/lineage/trace-record";
import { recordAct } from "@lethe/warehouse/access/acts";
import { fileKeptAs } from "@lethe/warehouse/ledger/deliveries";
import { inTransaction, type Pool } from "@lethe/warehouse/pool";
import { Argument, type Command } from "commander";
import { callerName } from "../caller-name.js";
import type { CommandContext } from "../command-context.js";
import { databaseSetting } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { openDataStorage } from "../erasure-context.js";
import { integerBetween } from "../parse-arguments.js";
import { formatLineTrace, formatRecordTrace } from "../present/trace.js";
import { optionalKeyring } from "../privacy-keys.js";

/** Adds `lethe trace record` and `lethe trace line`. */
export function addTraceCommand(program: Command, context: CommandContext): void {
  const { datasets, environment, terminal } = context;
  const trace = program.command("trace").summary("lead from a record to its file and line, and back");

  trace
    .command("record")
    .addArgument(new Argument("<dataset>", "the dataset of the record").choices(datasets.names))
    .argument("[key]", "the record's key: a transaction's id, a sku; never one that identifies a person")
    .summary("show which file and line a record came from")
    .description(
      "Shows for each row of a record, superseded versions among them, the file that it came in, the line there, and the batch and run " +
        "that took it. A key that identifies a person comes on standard input, since every user of the machine sees the arguments; on a terminal " +
        "it is asked for, and the look is recorded.",
    )
    .option("--json", "print JSON instead of text")
    .action(async (name: DatasetName, given: string | undefined, { json }: { readonly json?: true }) => {
      const { isPersonal } = requireKey(datasets.get(name));
      if (isPersonal && given !== undefined) throw new InvalidInputError(NEVER_AN_ARGUMENT);
      const key = (given ?? (await askKey(context))).trim();
      if (key === "") throw new InvalidInputError("there is no key: give the id of the record");
      const found = await withLineage(context, async (lineage) => {
        const by = isPersonal ? await callerName(environment, lineage.pool, "privacy-officer") : undefined;
        const traced = await traceRecord(lineage, name, key);
        if (by !== undefined) await recordLook(lineage.pool, by);
        return traced;
      });
      terminal.print(json === true ? JSON.stringify(found) : formatRecordTrace(found));
    });

  trace
    .command("line")
    .argument(
      "<file>",
      "its number in the ledger, or its path below DATA_DIR: archived_data/…, quarantined_data/… or processed_data/…",
    )
    .argument("<line>", "the line, from 1, as quarantine counts", integerBetween(1, Number.MAX_SAFE_INTEGER))
    .summary("show what became of a line of a file")
    .description(
      "Shows the rows that a line of a raw file became, or its entry in quarantine with the reason. Of a line of a processed file it shows " +
        "where its record came from, as `lethe trace record` does.",
    )
    .option("--keys", "show also keys that identify a person; the look is recorded")
    .option("--json", "print JSON instead of text")
    .action(async (file: string, line: number, { keys, json }: { readonly keys?: true; readonly json?: true }) => {
      const text = await withLineage(context, async (lineage) => {
        if (file.startsWith("processed_data/")) {
          const { dataset, key } = await keyOnLine(lineage, file.slice("processed_data/".length), line);
          const traced = await traceRecord(lineage, dataset, key);
          return json === true ? JSON.stringify(traced) : formatRecordTrace(traced);
        }
        const by = keys === true ? await callerName(environment, lineage.pool, "privacy-officer") : undefined;
        const traced = await traceLine(lineage, await fileNumber(lineage.pool, file), line, keys === true);
        if (by !== undefined) await recordLook(lineage.pool, by);
        return json === true ? JSON.stringify(traced) : formatLineTrace(traced);
      });
      terminal.print(text);
    });
}

const NEVER_AN_ARGUMENT =
  "the key of these records identifies a person, and every user of the machine sees the arguments: give it on standard input";

async function askKey({ input }: CommandContext): Promise<string> {
  return input.ask === undefined ? input.readAll() : input.ask("key: ");
}

async function withLineage<T>(context: CommandContext, work: (lineage: LineageContext) => Promise<T>): Promise<T> {
  const { datasets, environment } = context;
  return withDatabase(await databaseSetting(environment), (pool) =>
    work({ pool, datasets, storage: openDataStorage(environment), ring: optionalKeyring(environment) }),
  );
}

async function fileNumber(pool: Pool, file: string): Promise<number> {
  if (/^\d{1,15}$/.test(file)) return Number(file);
  const [, area, path] = /^(archived|quarantined)_data\/(.+)$/.exec(file) ?? [];
  if (path === undefined) {
    throw new InvalidInputError(
      "the file is neither a number nor a path that begins with archived_data/, quarantined_data/ or processed_data/",
    );
  }
  const id = await fileKeptAs(pool, path, area === "quarantined");
  if (id === undefined) throw new NotFoundError("the ledger knows no file that is kept under this path");
  return id;
}

async function recordLook(pool: Pool, by: string): Promise<void> {
  await inTransaction(pool, (client) => recordAct(client, { act: "traced", by }));
}
