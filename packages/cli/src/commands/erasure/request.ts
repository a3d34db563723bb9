import type { RunDetail } from "@lethe/contracts/runs";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { fileRequest } from "@lethe/erasure/file-request";
import { listFiledRequests } from "@lethe/erasure/list-filed-requests";
import type { Storage } from "@lethe/storage/storage";
import { findMismatch } from "@lethe/warehouse/ledger/find-mismatch";
import { unseenFiles } from "@lethe/warehouse/ledger/unseen-files";
import type { Pool } from "@lethe/warehouse/pool";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { connectionSettings } from "../../connection-settings.js";
import { type Connections, withConnections } from "../../connections.js";
import { openDataStorage } from "../../erasure-context.js";
import { readErasureRequest, requestForm } from "../../erasure-request.js";
import { EXIT, type ExitCode } from "../../exit-codes.js";
import type { Terminal } from "../../terminal.js";
import { type ErasureRunRequest, followErasureRun, prepareErasureRun, startErasureRun } from "./run-erasures.js";

interface RequestOptions {
  readonly file?: string;
  readonly follow?: true;
  readonly json?: true;
}

/** Adds `lethe erasure request`. */
export function addRequestCommand(erasure: Command, context: CommandContext): void {
  withRequestInput(erasure.command("request"))
    .summary("ask for a person to be forgotten")
    .description(
      "Hands a request in as a file of the current hour, as the retailer's own systems do, and opens the run that takes it. " +
        `${inputHelp(context)} Run it with the DATA_DIR of the services.`,
    )
    .option("--follow", "wait for the run's end, and show the erasure with its receipt's number")
    .option("--json", "print JSON instead of text")
    .action(async (options: RequestOptions) => {
      const request = await readErasureRequest(context, options.file);
      const settings = await connectionSettings(context.environment);
      const { terminal } = context;
      const { requests } = context.datasets;
      const code = await withConnections(settings, async (connections) => {
        await prepareErasureRun(connections, terminal);
        const storage = openDataStorage(context.environment);
        const path = await fileRequest(storage, requests, request.customerId, request.email);
        terminal.note(`handed in as ${path}`);
        const wanted = { dataset: requests.name, kind: "files", json: options.json === true && { path } } as const;
        if (options.follow !== true) return startErasureRun(connections, wanted, terminal);
        return followRequest(connections, storage, requests, { path, ...request, wanted }, terminal);
      });
      context.exitWith(code);
    });
}

/** Adds how a command takes a request: never by its arguments, which every user of the machine can see. */
export function withRequestInput(command: Command): Command {
  return command.option("--file <path>", "file that holds the request, instead of standard input");
}

/** Returns what a command's help says of how it takes a request. */
export function inputHelp({ datasets }: CommandContext): string {
  return `The request comes on standard input, as ${requestForm(datasets.requests)}; on a terminal it is asked for.`;
}

/** A request as it was handed in. */
interface FiledRequest {
  /** In landing, where it lies until a run takes it; the ledger knows it by another name then. */
  readonly path: string;
  readonly customerId: string;
  readonly wanted: ErasureRunRequest;
}

async function followRequest(
  connections: Connections,
  storage: Storage,
  requests: Datasets["requests"],
  request: FiledRequest,
  terminal: Terminal,
): Promise<ExitCode> {
  const { code, runs } = await followErasureRun(connections, request.wanted, terminal);
  const refusal = await findRefusal(connections.pool, storage, requests, request, runs);
  if (refusal === undefined) return code;
  terminal.note(refusal);
  return EXIT.failed;
}

/** Describes why the request did not become an erasure; undefined when it did, or when it was one already. */
async function findRefusal(
  pool: Pool,
  storage: Storage,
  requests: Datasets["requests"],
  { path, customerId }: Pick<FiledRequest, "path" | "customerId">,
  runs: readonly RunDetail[],
): Promise<string | undefined> {
  const left = (await listFiledRequests(storage, requests)).filter((key) => key === path);
  if ((await unseenFiles(pool, requests.name, left)).length > 0) {
    return "no run has seen the request: is DATA_DIR the folder that the services work on?";
  }
  const entryId = await findMismatch(
    pool,
    runs.map(({ id }) => id),
    customerId,
  );
  if (entryId === undefined) return undefined;
  return (
    `the email is not the customer's: nothing is erased until a person decides, by ` +
    `\`lethe erasure approve ${entryId}\` or \`lethe erasure reject ${entryId}\``
  );
}
