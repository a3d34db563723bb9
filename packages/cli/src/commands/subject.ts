import { RunActiveError } from "@lethe/contracts/errors";
import { exportSubject } from "@lethe/erasure/export-subject";
import { releaseSubject, restrictSubject } from "@lethe/erasure/restriction";
import { subjectPage } from "@lethe/erasure/subject-page";
import type { Keyring } from "@lethe/privacy/privacy-key";
import { recordAct } from "@lethe/warehouse/access/acts";
import { declaredTables } from "@lethe/warehouse/data-map";
import { inTransaction } from "@lethe/warehouse/pool";
import type { Command } from "commander";
import { callerName } from "../caller-name.js";
import type { CommandContext } from "../command-context.js";
import { connectionSettings, databaseSetting } from "../connection-settings.js";
import { withConnections, withDatabase } from "../connections.js";
import { fileReach } from "../erasure-context.js";
import { readErasureRequest } from "../erasure-request.js";
import { writeNamedFile } from "../named-files.js";
import { openAndEnqueue } from "../open-runs.js";
import { optionalKeyring, readKeyring } from "../privacy-keys.js";
import { inputHelp, withRequestInput } from "./erasure/request.js";
import { requireReason } from "./erasure/requests.js";

const WHO = "The email must be or have been the customer's, and neither may be somebody else's, too.";

/** Adds `lethe subject export`, `lethe subject restrict` and `lethe subject release`. */
export function addSubjectCommand(program: Command, context: CommandContext): void {
  const { environment, datasets, terminal } = context;
  const subject = program.command("subject").summary("give a person a copy of their data, or restrict it");
  withClaim(subject.command("export"))
    .summary("write everything that is held on a person to a file")
    .description(
      "Writes what is held on a person, with source file and date, for the person who asks (GDPR Art. 15, 20). The files are for " +
        `their owner alone. ${WHO} ${inputHelp(context)}`,
    )
    .requiredOption("--out <file>", "write JSON to this file")
    .option("--html <file>", "write a page to read, too")
    .option("--json", "print JSON instead of text")
    .action(async (options: ClaimOptions & { readonly out: string; readonly html?: string }) => {
      const claim = await readClaim(context, options);
      const held = await withDatabase(await databaseSetting(environment), async (pool) => {
        const by = await callerName(environment, pool, "privacy-officer");
        const found = await exportSubject(
          { pool, datasets, ...fileReach(environment), ring: optionalRing(context) },
          claim,
        );
        await inTransaction(pool, (client) =>
          recordAct(client, {
            act: "exported",
            by,
            ...(claim.identityChecked && { reason: "the identity was checked by a person" }),
          }),
        );
        return found;
      });
      await writeNamedFile(options.out, `${JSON.stringify(held, undefined, 2)}\n`, "--out");
      if (options.html !== undefined)
        await writeNamedFile(options.html, subjectPage(held, declaredTables(datasets.database)), "--html");
      const rows = held.tables.reduce((sum, table) => sum + table.rows.length, 0);
      const inFiles = held.files.reduce((sum, file) => sum + file.records.length, 0);
      if (options.json === true) {
        const counts = { rows, quarantined: held.quarantine.length, inFiles, notSearched: held.notSearched.length };
        terminal.print(JSON.stringify({ file: options.out, ...counts }));
      } else
        terminal.print(
          `${rows} rows, ${held.quarantine.length} records in quarantine and ${inFiles} in files are in ${options.out}`,
        );
      if (held.notSearched.length > 0) {
        terminal.note(
          `${held.notSearched.length} files cannot be searched to their end, and may hold the person; they are named there`,
        );
      }
    });
  withClaim(subject.command("restrict"))
    .summary("keep a person's data from analysts and from further processing")
    .description(
      "Restricts a person's data (GDPR Art. 18): it is kept, but analysts see none of it, and records that arrive are held in " +
        `quarantine. ${WHO} ${inputHelp(context)}`,
    )
    .requiredOption("--reason <text>", "on what ground; it is kept as it is, so name a case, not a person")
    .option("--json", "print JSON instead of text")
    .action(async (options: ClaimOptions & { readonly reason: string }) => {
      const reason = requireReason(options.reason);
      const claim = await readClaim(context, options);
      await withDatabase(await databaseSetting(environment), async (pool) => {
        const by = await callerName(environment, pool, "privacy-officer");
        await restrictSubject({ pool, datasets, ring: readKeyring(environment) }, claim, { by, reason });
      });
      terminal.print(
        options.json === true ? JSON.stringify({ state: "restricted" }) : "the person's data is restricted",
      );
    });
  withClaim(subject.command("release"))
    .summary("lift a restriction, and take the records that were held")
    .description(`Tell the person before (GDPR Art. 18(3)). ${inputHelp(context)}`)
    .requiredOption("--reason <text>", "on what ground; it is kept as it is, so name a case, not a person")
    .option("--json", "print JSON instead of text")
    .action(async (options: ClaimOptions & { readonly reason: string }) => {
      const reason = requireReason(options.reason);
      const claim = await readClaim(context, options);
      await withConnections(await connectionSettings(environment), async (connections) => {
        const { pool } = connections;
        const by = await callerName(environment, pool, "privacy-officer");
        const jobs = await releaseSubject({ pool, datasets, ring: readKeyring(environment) }, claim, { by, reason });
        if (options.json !== true) terminal.print("the person's data is released");
        const runs: { readonly job: string; readonly id: string }[] = [];
        for (const job of jobs) {
          try {
            const id = await openAndEnqueue(connections, { job, kind: "replay", trigger: "cli" });
            runs.push({ job, id });
            if (options.json !== true) terminal.print(`${job} ${id}`);
          } catch (error) {
            if (!(error instanceof RunActiveError)) throw error;
            terminal.note(`${error.message}; its end opens the replay of the records that were held`);
          }
        }
        if (options.json === true) terminal.print(JSON.stringify({ state: "released", runs }));
      });
    });
}

interface ClaimOptions {
  readonly file?: string;
  readonly identityChecked?: true;
  readonly json?: true;
}

function withClaim(command: Command): Command {
  return withRequestInput(command).option(
    "--identity-checked",
    "a person has found out otherwise who it is, and that all records under the id are theirs",
  );
}

async function readClaim(context: CommandContext, { file, identityChecked }: ClaimOptions) {
  return { ...(await readErasureRequest(context, file)), identityChecked: identityChecked === true };
}

/** Without a key, requests that were taken are not known to be the person's. */
function optionalRing({ environment, terminal }: CommandContext): Keyring | undefined {
  const ring = optionalKeyring(environment);
  if (ring === undefined) terminal.note("without LETHE_PRIVACY_KEY, requests that were taken are left out");
  return ring;
}
