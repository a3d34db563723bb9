import type { DatasetName } from "@lethe/contracts/datasets";
import type { Logger } from "@lethe/service-kit/logger";
import { measureOpenRequests, type OpenRequests } from "@lethe/warehouse/erasures/requests";
import { countUndelivered } from "@lethe/warehouse/feed/webhook-outbox";
import { oldestActiveRunSeconds } from "@lethe/warehouse/ledger/active-runs";
import { countReplayableDeadLetters } from "@lethe/warehouse/ledger/dead-letters";
import { type Freshness, readFreshness } from "@lethe/warehouse/ledger/freshness";
import { countLastNotTaken } from "@lethe/warehouse/ledger/not-taken";
import { countTransitions } from "@lethe/warehouse/ledger/run-transitions";
import type { Queryable } from "@lethe/warehouse/pool";
import { Gauge, type Registry } from "prom-client";

/**
 * Adds the ledger's metrics: requests that are not answered and the time that the law leaves for them; open dead letters; the age of
 * the oldest active run; when each dataset was loaded last; what the last runs left in landing. Each scrape measures them anew. While
 * the database does not answer, they are absent and all other metrics stay.
 */
export function addLedgerMetrics(
  registry: Registry,
  db: Queryable,
  { requests, tellsOfRuns }: { readonly requests: DatasetName; readonly tellsOfRuns: boolean },
  log: Logger,
): void {
  /** Adds a gauge that is absent while it has no value. Gauges with the same question share its answer. */
  const addMeasured = (name: string, help: string, measure: () => Promise<number | null>) => {
    addGauge(registry, log, { name, help, labelNames: [] }, async (gauge) => {
      const value = await measure();
      if (value !== null) gauge.set(value);
    });
  };
  const open = shared(() => measureOpenRequests(db, requests));
  const ofRequests = (pick: (measured: OpenRequests) => number | null) => async () => pick(await open());
  addMeasured(
    "lethe_erasures_open",
    "Requests to be forgotten that are not answered, undecided and malformed ones among them",
    ofRequests((measured) => measured.open),
  );
  addMeasured(
    "lethe_erasure_oldest_seconds",
    "Seconds since the oldest request that is not answered was received; 0 when all are",
    ofRequests(({ oldestSeconds }) => oldestSeconds),
  );
  addMeasured(
    "lethe_erasure_left_seconds",
    "Seconds until the first request that is not answered must be, below 0 when it is overdue; absent when all are answered",
    ofRequests(({ leftSeconds }) => leftSeconds),
  );
  addMeasured("lethe_dead_letters_open", "Jobs that gave up for good and can be replayed", () =>
    countReplayableDeadLetters(db),
  );
  addMeasured(
    "lethe_oldest_open_run_seconds",
    "Seconds since the oldest active run was requested; 0 when no run is active",
    () => oldestActiveRunSeconds(db),
  );
  addMeasured("lethe_webhooks_undelivered", "Messages that the webhook's receiver has not confirmed", () =>
    countUndelivered(db),
  );
  addMeasured(
    "lethe_openlineage_events_undelivered",
    "Beginnings and ends of runs whose OpenLineage events were not delivered yet; absent where nobody wants them",
    async () => (tellsOfRuns ? countTransitions(db) : null),
  );
  const freshness = shared(() => readFreshness(db));
  const addFreshness = (name: string, help: string, pick: (of: Freshness) => number | null) => {
    addGauge(registry, log, { name, help, labelNames: ["dataset"] }, async (gauge) => {
      for (const of of await freshness()) {
        const value = pick(of);
        if (value !== null) gauge.set({ dataset: of.dataset }, value);
      }
    });
  };
  addFreshness(
    "lethe_dataset_last_file_timestamp_seconds",
    "When the last file of the dataset was loaded and archived",
    ({ lastFile }) => lastFile,
  );
  addFreshness(
    "lethe_dataset_last_success_timestamp_seconds",
    "When the dataset's last run over files succeeded, one without files included",
    ({ lastSuccess }) => lastSuccess,
  );
  addGauge(
    registry,
    log,
    {
      name: "lethe_landing_not_taken",
      help: "Files and folders in landing that the job's last run could not take; what is of no dataset counts for each job",
      labelNames: ["dataset"],
    },
    async (gauge) => {
      for (const { job, entries } of await countLastNotTaken(db)) gauge.set({ dataset: job }, entries);
    },
  );
}

/** Adds a gauge whose values each scrape measures anew; it has none while that fails. */
function addGauge(
  registry: Registry,
  log: Logger,
  options: { readonly name: string; readonly help: string; readonly labelNames: string[] },
  measure: (gauge: Gauge) => Promise<void>,
): void {
  new Gauge({
    ...options,
    registers: [registry],
    async collect() {
      this.reset();
      // Without labels, a reset sets it to 0.
      if (options.labelNames.length === 0) this.remove();
      try {
        await measure(this);
      } catch (error) {
        log.warn({ error, metric: options.name }, "a metric could not be measured");
      }
    },
  });
}

/** Returns a question whose answer all who ask meanwhile share: the gauges of one scrape ask at once. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
