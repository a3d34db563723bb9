import { VERSION } from "@lethe/contracts/version";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { MOST_INPUTS, type RunEvent, type RunOutcome, runEvent } from "@lethe/lineage/openlineage/run-event";
import type { Logger } from "@lethe/service-kit/logger";
import { readColumnTypes } from "@lethe/warehouse/column-types";
import { readDatabasePlace } from "@lethe/warehouse/database-place";
import { readRun } from "@lethe/warehouse/ledger/read-runs";
import { readRunInputs } from "@lethe/warehouse/ledger/run-inputs";
import { type RunTransition, type Telling, tellNextTransition } from "@lethe/warehouse/ledger/run-transitions";
import type { Client, Pool } from "@lethe/warehouse/pool";
import type { EventOutput } from "./event-output.js";

/** What events are made of and where they go. */
export interface RunTelling {
  readonly pool: Pool;
  readonly datasets: Datasets;
  readonly databaseUrl: string;
  readonly output: EventOutput;
  readonly log: Logger;
}

/**
 * Sends an OpenLineage event for each beginning and end of a run that nobody was told of, oldest first, until the first that does not get
 * through: that one and those behind it go in a later call. Runs never wait for it. It ends early when `signal` aborts.
 */
export async function tellOfRuns(telling: RunTelling, signal: AbortSignal): Promise<void> {
  const { pool, log } = telling;
  while (!signal.aborted) {
    const told = await tellNextTransition(pool, (client, transition) => tell(client, telling, transition, signal));
    if (told === undefined) return;
    if (told.outcome === "dropped") {
      log.warn(
        { code: "openlineage_event_refused", failure: told.failure, runId: told.runId },
        "the OpenLineage receiver has refused an event again and again; it is left out",
      );
    } else if (told.outcome !== "confirmed") {
      if (!signal.aborted) {
        log.warn(
          { code: "openlineage_not_delivered", failure: told.failure },
          "an OpenLineage event was not taken; it is sent again, and later ones wait for it",
        );
      }
      return;
    }
  }
}

async function tell(
  client: Client,
  { datasets, databaseUrl, output }: RunTelling,
  transition: RunTransition,
  signal: AbortSignal,
): Promise<Telling> {
  const run = await readRun(client, transition.runId, 0);
  const { kind } = run;
  // Of a dataset that this installation has no longer, nothing can be said.
  if (kind === "plan" || !datasets.has(run.job)) return { outcome: "refused", failure: "unknown dataset or kind" };
  const dataset = datasets.get(run.job);
  const outcome =
    transition.what === "started"
      ? undefined
      : await readOutcome(
          client,
          databaseUrl,
          transition.runId,
          dataset.tables.map(({ name }) => name),
        );
  const event: RunEvent = runEvent(
    { namespace: output.namespace, version: VERSION },
    dataset,
    { ...run, kind },
    transition,
    outcome,
  );
  return output.deliver(event, signal);
}

async function readOutcome(
  client: Client,
  databaseUrl: string,
  runId: string,
  tables: readonly string[],
): Promise<RunOutcome> {
  const inputs = await readRunInputs(client, runId, MOST_INPUTS);
  const place = await readDatabasePlace(client, databaseUrl);
  return { inputs, place, columnTypes: await readColumnTypes(client, tables) };
}
