import { RUN_STATES } from "@lethe/contracts/runs";
import type { Logger } from "@lethe/service-kit/logger";
import { readLastRuns } from "@lethe/warehouse/ledger/read-runs";
import type { Queryable } from "@lethe/warehouse/pool";
import { countOpenAlerts } from "@lethe/warehouse/quality/alerts";
import { countLate } from "@lethe/warehouse/quality/late-partitions";
import { Gauge, type Registry } from "prom-client";

/**
 * Adds the metrics of data quality: open alerts, partitions that have not come, and how each job's last run ended. Each scrape
 * measures them anew. While the database does not answer, they are absent.
 */
export function addQualityMetrics(registry: Registry, db: Queryable, log: Logger): void {
  const addMeasured = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    measure: (gauge: Gauge<L>) => Promise<void>,
  ) => {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        this.reset();
        await measure(this).catch((error: unknown) =>
          log.warn({ error, metric: name }, "a metric could not be measured"),
        );
      },
    });
  };
  addMeasured("lethe_alerts_open", "Alerts that are open", ["dataset", "kind"], async (gauge) => {
    for (const { dataset, kind, alerts } of await countOpenAlerts(db)) gauge.set({ dataset, kind }, alerts);
  });
  addMeasured(
    "lethe_partitions_not_arrived",
    "Partitions that have not come by their deadline: late, or missing from a second deadline on",
    ["dataset", "state"],
    async (gauge) => {
      for (const { dataset, state, partitions } of await countLate(db)) gauge.set({ dataset, state }, partitions);
    },
  );
  addMeasured(
    "lethe_last_run_state",
    "1 for the state that the newest run over files of a dataset is in, 0 for all others",
    ["dataset", "state"],
    async (gauge) => {
      for (const [dataset, run] of await readLastRuns(db)) {
        for (const state of RUN_STATES) gauge.set({ dataset, state }, state === run.state ? 1 : 0);
      }
    },
  );
}
