import { setTimeout } from "node:timers/promises";
import type { Pool } from "@lethe/warehouse/pool";
import type { Cluster } from "../cluster/cluster.js";
import type { Fault } from "../fault.js";

const SEEN_WITHIN_MS = 5_000;
/** A job whose worker is stopped goes to another one after two locks (LETHE_LOCK_SECONDS of a drill). */
const TAKEN_WITHIN_MS = 20_000;
/** For as long as both are awake. */
const BESIDE_MS = 2_000;

/**
 * Stops an extractor in the middle of its work and ends its connections, as a machine does that hangs and comes back. Once another
 * one has taken the run over, the first wakes and goes on where it was.
 */
export const wakeStoppedExtractor: Fault = {
  name: "a stopped extractor wakes beside its successor",
  beforeRequests: true,
  async inject({ cluster, untilInjectionPoint, note }) {
    await untilInjectionPoint();
    const before = await untilExtracting(cluster.pool);
    const [place] = cluster.places("extractor");
    place?.signal("SIGSTOP");
    try {
      await cluster.pool.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lethe-extractor'",
      );
      await cluster.openExtraPlace("extractor");
      const isTaken = before !== undefined && (await untilTaken(cluster, before));
      note(before === undefined ? "nothing was being extracted" : isTaken ? "taken over" : "not taken over");
    } finally {
      place?.signal("SIGCONT");
    }
    await setTimeout(BESIDE_MS);
  },
  async conclude({ cluster }) {
    await cluster.closeExtraPlaces();
    return [];
  },
};

interface Extraction {
  readonly runId: string;
  readonly token: number;
}

/** Waits for a run of which some batches are recorded and more will come. */
async function untilExtracting(pool: Pool): Promise<Extraction | undefined> {
  const deadline = performance.now() + SEEN_WITHIN_MS;
  while (performance.now() < deadline) {
    const { rows } = await pool.query<Extraction>(
      `select r.id as "runId", r.extraction_token as token from ledger.runs r
       where state = 'extracting' and exists (select from ledger.batches b where b.run_id = r.id) limit 1`,
    );
    if (rows[0] !== undefined) return rows[0];
  }
  return undefined;
}

async function untilTaken({ pool }: Cluster, { runId, token }: Extraction): Promise<boolean> {
  const deadline = performance.now() + TAKEN_WITHIN_MS;
  while (performance.now() < deadline) {
    const { rowCount } = await pool.query("select from ledger.runs where id = $1 and extraction_token > $2", [
      runId,
      token,
    ]);
    if (rowCount === 1) return true;
    await setTimeout(50);
  }
  return false;
}
