import type { Erasure } from "@lethe/contracts/erasures";
import type { Run } from "@lethe/contracts/runs";
import { listErasures } from "@lethe/warehouse/erasures/read-erasures";
import { readReceiptNumbers } from "@lethe/warehouse/erasures/receipts";
import type { Queryable } from "@lethe/warehouse/pool";
import type { ReceiptNumbers } from "./present/erasures.js";

const PAGE = 1_000;

/** Returns the erasures that runs have brought, oldest first, with the numbers of their receipts. */
export async function erasuresOfRuns(
  db: Queryable,
  runs: readonly Pick<Run, "id">[],
): Promise<{ readonly erasures: readonly Erasure[]; readonly numbers: ReceiptNumbers }> {
  const erasures: Erasure[] = [];
  for (const { id: runId } of runs) {
    let before: string | undefined;
    do {
      const page = await listErasures(db, { runId, before, limit: PAGE });
      erasures.push(...page.erasures);
      before = page.nextCursor ?? undefined;
    } while (before !== undefined);
  }
  erasures.sort((a, b) => Date.parse(a.receivedAt) - Date.parse(b.receivedAt));
  return {
    erasures,
    numbers: await readReceiptNumbers(
      db,
      erasures.map(({ id }) => id),
    ),
  };
}
