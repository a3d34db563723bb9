import type { DatasetName } from "@lethe/contracts/datasets";
import { NotFoundError } from "@lethe/contracts/errors";
import { type PartitionRange, parseRangeEnd } from "@lethe/contracts/partition";
import type { QuarantineFilter } from "@lethe/contracts/quarantine";
import type { RunKind } from "@lethe/contracts/runs";
import type { Queryable } from "../pool.js";

export interface RunSpec {
  readonly dataset: DatasetName;
  readonly kind: RunKind;
  readonly range: PartitionRange;
  readonly force: boolean;
  /** Which records a replay takes; null selects those whose missing customer or sku has arrived. */
  readonly replayFilter: QuarantineFilter | null;
}

/** Returns what a run was asked to do. Throws NotFoundError. */
export async function readRunRequest(db: Queryable, runId: string): Promise<RunSpec> {
  const { rows } = await db.query<{
    job: DatasetName;
    kind: RunKind;
    range_from: string | null;
    range_to: string | null;
    force: boolean;
    replay_filter: QuarantineFilter | null;
  }>("select job, kind, range_from, range_to, force, replay_filter from ledger.runs where id = $1", [runId]);
  const row = rows[0];
  if (row === undefined) throw new NotFoundError(`there is no run ${runId}`);
  const from = row.range_from === null ? undefined : parseRangeEnd(row.range_from, "from");
  const to = row.range_to === null ? undefined : parseRangeEnd(row.range_to, "to");
  return {
    dataset: row.job,
    kind: row.kind,
    range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
    force: row.force,
    replayFilter: row.replay_filter,
  };
}
