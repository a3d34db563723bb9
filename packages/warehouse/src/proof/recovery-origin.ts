import { randomBytes } from "node:crypto";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { Client } from "../pool.js";
import type { RecoveryOrigin } from "./merge-recovery.js";

/**
 * Records a closed run and a file without content, to which the erasures belong that a recovery adds: their own run and file are
 * gone with the database that was lost.
 */
export async function recordRecovery(client: Client, requests: DatasetName): Promise<RecoveryOrigin> {
  const { rows } = await client.query<RecoveryOrigin>(
    `with run as (
       insert into ledger.runs (job, kind, trigger, state, started_at, finished_at)
       values ($1, 'files', 'cli', 'succeeded', clock_timestamp(), clock_timestamp()) returning id
     )
     insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
     select $1, 'reapplied', (now() at time zone 'UTC')::date, 0, $2, 0, id, 'released' from run
     returning run_id as "runId", id as "fileId"`,
    [requests, randomBytes(32)],
  );
  const [origin] = rows;
  if (origin === undefined) throw new Error("the recovery could not be recorded");
  return origin;
}
