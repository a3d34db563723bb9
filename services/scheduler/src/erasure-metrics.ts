import { ERASURE_LIMIT_DAYS } from "@lethe/contracts/erasures";
import type { Logger } from "@lethe/service-kit/logger";
import { measureOpenErasures } from "@lethe/warehouse/erasures/read-erasures";
import type { Queryable } from "@lethe/warehouse/pool";
import { Gauge, type Registry } from "prom-client";

type Measured = Awaited<ReturnType<typeof measureOpenErasures>>;

/**
 * Adds to the metrics how many erasures are open and how old the oldest is, beside the limit that the law sets. They are
 * measured when somebody asks; while the database does not answer they are absent, and all other metrics stay.
 */
export function addErasureMetrics(registry: Registry, db: Queryable, log: Logger): void {
  const addMeasured = (name: string, help: string, pick: (measured: Measured) => number) => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        try {
          this.set(pick(await measureOpenErasures(db)));
        } catch (error) {
          this.remove();
          log.warn({ error, metric: name }, "a metric could not be measured");
        }
      },
    });
  };
  addMeasured("lethe_erasures_open", "Erasures that are not completed", ({ open }) => open);
  addMeasured(
    "lethe_erasure_oldest_days",
    "Days since the oldest open erasure was received; 0 when none is open",
    ({ oldestDays }) => oldestDays,
  );
  const limit = new Gauge({
    name: "lethe_erasure_limit_days",
    help: "Days within which an erasure must be completed",
    registers: [registry],
  });
  limit.set(ERASURE_LIMIT_DAYS);
}
