import type { DatasetName } from "@lethe/contracts/datasets";
import { ERASURE_LIMIT_DAYS } from "@lethe/contracts/erasures";
import type { Logger } from "@lethe/service-kit/logger";
import { measureOpenRequests } from "@lethe/warehouse/erasures/requests";
import { countUndelivered } from "@lethe/warehouse/feed/webhook-outbox";
import { oldestActiveRunSeconds } from "@lethe/warehouse/ledger/active-runs";
import { countReplayableDeadLetters } from "@lethe/warehouse/ledger/dead-letters";
import { countLastNotTaken } from "@lethe/warehouse/ledger/not-taken";
import type { Queryable } from "@lethe/warehouse/pool";
import { Gauge, type Registry } from "prom-client";

/**
 * Adds the ledger's metrics: requests that are not answered, the age of the oldest and the limit that the law sets; open dead letters; the
 * age of the oldest active run; what the last runs left in landing. Each scrape measures them anew. While the database does not answer, they are absent and all
 * other metrics stay.
 */
export function addLedgerMetrics(registry: Registry, db: Queryable, requests: DatasetName, log: Logger): void {
  const addMeasured = (name: string, help: string, measure: () => Promise<number>) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(await measure());
        } catch (error) {
          this.remove();
          log.warn({ error, metric: name }, "a metric could not be measured");
        }
      },
    });
  };
  addMeasured(
    "lethe_erasures_open",
    "Requests to be forgotten that are not answered, undecided and malformed ones among them",
    async () => (await measureOpenRequests(db, requests)).open,
  );
  addMeasured(
    "lethe_erasure_oldest_days",
    "Days since the oldest request that is not answered was received; 0 when all are",
    async () => (await measureOpenRequests(db, requests)).oldestDays,
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
  new Gauge({
    name: "lethe_landing_not_taken",
    help: "Files and folders in landing that the job's last run could not take; what is of no dataset counts for each job",
    labelNames: ["job"],
    registers: [registry],
    async collect() {
      this.reset();
      try {
        for (const { job, entries } of await countLastNotTaken(db)) this.set({ job }, entries);
      } catch (error) {
        log.warn({ error, metric: "lethe_landing_not_taken" }, "a metric could not be measured");
      }
    },
  });
  const limit = new Gauge({
    name: "lethe_erasure_limit_days",
    help: "Days within which an erasure must be completed",
    registers: [registry],
  });
  limit.set(ERASURE_LIMIT_DAYS);
}
