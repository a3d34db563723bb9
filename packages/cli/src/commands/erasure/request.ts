import { createDatasets } from "@lethe/datasets/registry";
import { fileRequest } from "@lethe/erasure/file-request";
import { planErasure } from "@lethe/erasure/plan-erasure";
import { listErasures } from "@lethe/warehouse/erasures/read-erasures";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.js";
import { connectionSettings, databaseSetting, dataDirectory } from "../../connection-settings.js";
import { withConnections, withDatabase } from "../../connections.js";
import { folders } from "../../erasure-context.js";
import { readErasureRequest } from "../../erasure-request.js";
import { formatErasures, formatPlan } from "../../present/erasures.js";

import { openRuns } from "../run.js";

/** Erasures that are shown after a request: those of its run. */
const SHOWN = 50;

/** Adds `lethe erasure request` and `lethe erasure plan`. */
export function addRequestCommands(erasure: Command, context: CommandContext): void {
  const { environment, terminal, input } = context;
  erasure
    .command("request")
    .summary("ask for a person to be forgotten")
    .description(
      'Reads {"customer-id": …, "email": …} from a file, standard input or your answers, and hands it in as a file of this hour; then opens the ' +
        "run of erasure requests that takes it.",
    )
    .option("--file <path>", "read the request from a file")
    .option("--follow", "wait until the person is forgotten")
    .action(async (options: { readonly file?: string; readonly follow?: true }) => {
      const request = await readErasureRequest(input, options.file);
      const settings = await connectionSettings(environment);
      const before = new Date().toISOString();
      await fileRequest(dataDirectory(environment), request.customerId, request.email);
      const code = await withConnections(settings, async (connections) => {
        const run = { job: "erasure-requests", kind: "files", trigger: "cli" } as const;
        const exitCode = await openRuns(connections, [run], options, terminal);
        if (options.follow === true) {
          const { erasures } = await listErasures(connections.pool, { limit: SHOWN });
          const taken = erasures.filter(({ receivedAt }) => receivedAt >= before);
          terminal.print(taken.length === 0 ? "no erasure came of it: see the run's rejects" : formatErasures(taken));
        }
        return exitCode;
      });
      context.exitWith(code);
    });
  erasure
    .command("plan")
    .summary("show what an erasure would reach; changes nothing")
    .description(
      'Reads {"customer-id": …, "email": …} from a file, standard input or your answers, and lists the places that hold the person.',
    )
    .option("--file <path>", "read the request from a file")
    .option("--json", "print JSON instead of text")
    .action(async (options: { readonly file?: string; readonly json?: true }) => {
      const request = await readErasureRequest(input, options.file);
      const plan = await withDatabase(await databaseSetting(environment), (pool) =>
        planErasure(
          { pool, datasets: createDatasets(false), ...folders(environment) },
          request.customerId,
          request.email,
        ),
      );
      terminal.print(options.json === true ? JSON.stringify(plan) : formatPlan(plan));
    });
}
