import { InvalidInputError, RunActiveError } from "@lethe/contracts/errors";
import type { QuarantineFilter } from "@lethe/contracts/quarantine";
import { correctRecord } from "@lethe/quarantine/correct-record";
import { discardMany, discardOne } from "@lethe/quarantine/discard-records";
import { parseExactly } from "@lethe/quarantine/exact-json";
import { showRecord } from "@lethe/quarantine/show-record";
import type { Command } from "commander";
import { callerName, readCaller } from "../caller-name.js";
import type { CommandContext } from "../command-context.js";
import { connectionSettings, databaseSetting } from "../connection-settings.js";
import { withConnections, withDatabase } from "../connections.js";
import { readNamedFile } from "../named-files.js";
import { openAndEnqueue } from "../open-runs.js";
import { integerBetween } from "../parse-arguments.js";
import { formatQuarantineRecord } from "../present/quarantine.js";
import { readKeyring } from "../privacy-keys.js";
import { requireReason } from "./erasure/requests.js";

const parseId = integerBetween(1, Number.MAX_SAFE_INTEGER);
const ID_HELP = "from `lethe quarantine list`";

/** Adds `lethe quarantine show` and `lethe quarantine correct`. */
export function addRecordCommands(
  quarantine: Command,
  { environment, datasets, terminal, input }: CommandContext,
): void {
  quarantine
    .command("show")
    .summary("show one record, and what was decided about it")
    .description(
      "Shows a record as it stands in quarantine, and the key that it waits for, to whoever may see personal data; that they looked " +
        "is recorded. With a viewer's or an operator's token in LETHE_API_TOKEN, what is about a person is masked.",
    )
    .argument("<quarantine-id>", ID_HELP, parseId)
    .option("--json", "print JSON instead of text")
    .action(async (id: number, { json }: { readonly json?: true }) => {
      const record = await withDatabase(await databaseSetting(environment), async (pool) =>
        showRecord({ pool, datasets }, id, await readCaller(environment, pool, "viewer")),
      );
      terminal.print(json === true ? JSON.stringify(record) : formatQuarantineRecord(record));
    });
  quarantine
    .command("correct")
    .alias("edit")
    .summary("correct one record, and try it again")
    .description(
      "Takes what changes from standard input, as JSON: null removes a field, lists are replaced whole (RFC 7396). The correction takes " +
        "the record's place, which stays as it came, and is replayed. Who changed which fields is recorded, and never a value.",
    )
    .argument("<quarantine-id>", ID_HELP, parseId)
    .option("--file <file>", "take it from this file instead")
    .option("--whole", "it is the whole record, not what changes of it")
    .option("--json", "print JSON instead of text")
    .action(async (id: number, options: CorrectOptions) => {
      const text = options.file === undefined ? await input.readAll() : await readNamedFile(options.file, "--file");
      const value = parseExactly(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new InvalidInputError("what changes must be one JSON object, whose numbers have at most 15 digits");
      }
      await withConnections(await connectionSettings(environment), async (connections) => {
        const { pool } = connections;
        const by = await callerName(environment, pool, "operator");
        const correction = options.whole === true ? { record: value } : { changes: value };
        const context = { pool, datasets, ring: readKeyring(environment) };
        const { id: corrected, dataset: job, fields } = await correctRecord(context, id, correction, by);
        if (options.json !== true) terminal.print(`record ${corrected} corrects ${id} in ${fields.join(", ")}`);
        const print = (runId: string | null) => {
          if (options.json === true)
            terminal.print(JSON.stringify({ id: corrected, corrects: id, dataset: job, fields, runId }));
          else if (runId !== null) terminal.print(`${job} ${runId}`);
        };
        try {
          print(await openAndEnqueue(connections, { job, kind: "replay", trigger: "cli" }));
        } catch (error) {
          if (!(error instanceof RunActiveError)) throw error;
          print(null);
          terminal.note(`${error.message}; its end opens the replay of the correction`);
        }
      });
    });
}

interface CorrectOptions {
  readonly file?: string;
  readonly whole?: true;
  readonly json?: true;
}

interface DiscardOptions {
  readonly ground: string;
  readonly limit: number;
  readonly json?: true;
}

/** Adds the action of `lethe quarantine discard`, whose filter `toFilter` reads from the options. */
export function addDiscardAction<O extends { readonly reason?: string }>(
  discard: Command,
  { environment, datasets, terminal }: CommandContext,
  toFilter: (options: O) => QuarantineFilter,
): void {
  discard
    .summary("close records that are not to be loaded")
    .description(
      "Closes one open record, or the oldest ones that the options mean. They stay in quarantine, with the ground and who gave it. " +
        "Records that a decision about a person is due on are left out.",
    )
    .argument("[quarantine-id]", ID_HELP, parseId)
    .requiredOption("--ground <text>", "why; it is kept as it is, so name a case, not a person")
    .option("--limit <records>", "the most records", integerBetween(1, 10_000), 1_000)
    .option("--json", "print JSON instead of text")
    .action(async (id: number | undefined, options: O & DiscardOptions) => {
      const reason = requireReason(options.ground, "--ground");
      const filter = toFilter(options);
      if ((id === undefined) === (Object.keys(filter).length === 0)) {
        throw new InvalidInputError(
          "name the id of one record, or options that say which records are meant, and not both; `lethe quarantine list` shows them",
        );
      }
      await withDatabase(await databaseSetting(environment), async (pool) => {
        const by = await callerName(environment, pool, "operator");
        if (id !== undefined) {
          await discardOne({ pool, datasets }, id, { by, reason });
          if (options.json === true) terminal.print(JSON.stringify({ discarded: 1, left: 0 }));
          else terminal.print(`record ${id} is discarded`);
          return;
        }
        const { discarded, left } = await discardMany(
          { pool, datasets },
          { filter, limit: options.limit },
          { by, reason },
        );
        if (options.json === true) terminal.print(JSON.stringify({ discarded, left }));
        else terminal.print(`${discarded} records are discarded`);
        if (left > 0) terminal.note(`${left} more are open; do it again for them`);
      });
    });
}
