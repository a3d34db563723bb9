import { DatabaseRolledBackError } from "@lethe/contracts/errors";
import type { Logger } from "@lethe/service-kit/logger";
import type { Pool } from "@lethe/warehouse/pool";
import { type LogSigning, signLog } from "@lethe/warehouse/proof/sign-log";

/** Signs what is new in the log: decisions and lifts happen here, and should not wait for the loader's next run. */
export async function signDecisions(pool: Pool, signing: LogSigning, log: Logger): Promise<void> {
  try {
    const checkpoint = await signLog(pool, signing);
    if (checkpoint !== undefined) log.info({ checkpoint: checkpoint.number }, "log signed");
  } catch (error) {
    if (!(error instanceof DatabaseRolledBackError)) throw error;
    // Whoever reads this service's log must see it, too: the loader may run elsewhere.
    log.error({ error }, "the database was rolled back; nothing is signed");
  }
}
