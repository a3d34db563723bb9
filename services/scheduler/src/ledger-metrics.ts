import { ERASURE_LIMIT_DAYS } from "@lethe/contracts/erasures";
import type { Logger } from "@lethe/service-kit/logger";
import { measurePendingErasures } from "@lethe/warehouse/erasures/read-erasures";
import { oldestActiveRunSeconds } from "@lethe/warehouse/ledger/active-runs";
import { countReplayableDeadLetters } from "@lethe/warehouse/ledger/dead-letters";
import type { Queryable } from "@lethe/warehouse/pool";
import { Gauge, type Registry } from "prom-client";

/**
 * Adds the ledger's metrics: pending erasures, the age of the oldest and the limit that the law sets; open dead letters; the
 * age of the oldest active run. Each scrape measures them anew. While the database does not answer, they are absent and all
 * other metrics stay.
 */
export function addLedgerMetrics(registry: Registry, db: Queryable, log: Logger): void {
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
    "Erasures that are not completed",
    async () => (await measurePendingErasures(db)).pending,
  );
  addMeasured(
    "lethe_erasure_oldest_days",
    "Days since the oldest pending erasure was received; 0 when none is pending",
    async () => (await measurePendingErasures(db)).oldestDays,
  );
  addMeasured("lethe_dead_letters_open", "Jobs that gave up for good and can be replayed", () =>
    countReplayableDeadLetters(db),
  );
  addMeasured(
    "lethe_oldest_open_run_seconds",
    "Seconds since the oldest active run was requested; 0 when no run is active",
    () => oldestActiveRunSeconds(db),
  );
  const limit = new Gauge({
    name: "lethe_erasure_limit_days",
    help: "Days within which an erasure must be completed",
    registers: [registry],
  });
  limit.set(ERASURE_LIMIT_DAYS);
}
