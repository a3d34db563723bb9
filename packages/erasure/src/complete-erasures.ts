import type { ReceiptBody } from "@lethe/contracts/erasures";
import { TransientError } from "@lethe/contracts/errors";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { tablesAboutPeople } from "@lethe/warehouse/data-map";
import {
  type PendingErasure,
  pendingErasures,
  readPlaces,
  withErasureLock,
} from "@lethe/warehouse/erasures/erasure-work";
import { readErasure } from "@lethe/warehouse/erasures/read-erasures";
import { completeErasure } from "@lethe/warehouse/erasures/receipts";
import { vacuumErasedTables } from "@lethe/warehouse/erasures/vacuum-erased-tables";
import { whichAreActive } from "@lethe/warehouse/ledger/active-runs";
import { forgetStaged } from "@lethe/warehouse/ledger/staged-bytes";
import { signLog } from "@lethe/warehouse/proof/sign-log";
import { readSuppressions } from "@lethe/warehouse/suppressions";
import type { ErasureContext, ErasureLog } from "./context.js";
import { erasePersonFiles } from "./erase-person-files.js";
import { scanPeople } from "./scan-people.js";

/**
 * Takes every erasure that waits for no older run to its end. Files are rewritten once for all people that they hold;
 * then the tables are vacuumed, everything is scanned, and each erasure gets its receipt. Every step can be done again:
 * after a crash the work begins anew and finds less to do. At the end the log of receipts is signed. Throws TransientError when a scan still finds somebody.
 */
export async function completeErasures(context: ErasureContext, log: ErasureLog): Promise<void> {
  const { pool, signing } = context;
  try {
    await withErasureLock(pool, async () => {
      const open = await pendingErasures(pool, context.datasets.requests.name, context.finishingRun);
      const ready = open.filter(({ waits }) => !waits);
      if (ready.length > 0) await complete(context, ready, open, log);
    });
  } catch (error) {
    // The receipts of others are written. What keeps them from being signed now, the next round meets again.
    if (signing !== undefined) await signLog(pool, signing).catch(() => undefined);
    throw error;
  }
  context.onStep?.("about to sign");
  if (signing !== undefined) await signLog(pool, signing);
}

async function complete(
  context: ErasureContext,
  erasures: readonly PendingErasure[],
  open: readonly PendingErasure[],
  log: ErasureLog,
): Promise<void> {
  const { identifiers } = await readSuppressions(context.pool);
  const findSuppression = createSuppressionFinder(identifiers, context.ring);
  context.onStep?.("erasures ready");
  await removeStagedOfClosedRuns(context);
  const files = await erasePersonFiles(context, erasures, open, findSuppression);
  context.onStep?.("files erased");
  const vacuumedAt = await vacuumErasedTables(context.pool, tablesAboutPeople(context.datasets.database));
  for (const erasure of erasures) {
    const scan = await scanPeople(context, erasure.pseudonyms, files.ofErasure(erasure.id), findSuppression);
    if (scan.findings > 0) {
      log.error({ erasure: erasure.id, findings: scan.findings }, "the closing scan still found the person");
      throw new TransientError(`the closing scan of erasure ${erasure.id} found ${scan.findings} records`);
    }
    context.onStep?.("scanned");
    const { id, pseudonym, policyVersion, found, requestedAt, receivedAt, suppressedAt } = await readErasure(
      context.pool,
      erasure.id,
    );
    const body: ReceiptBody = {
      erasureId: id,
      pseudonym,
      keyId: erasure.keyId,
      policyVersion,
      found,
      requestedAt,
      receivedAt,
      suppressedAt,
      completedAt: new Date().toISOString(),
      places: await readPlaces(context.pool, id),
      vacuumedAt: vacuumedAt.toISOString(),
      scan,
    };
    const { sequence } = await completeErasure(context.pool, body);
    context.onStep?.("receipt written");
    log.info({ erasure: id, receipt: sequence }, "erasure completed");
  }
}

/** Removes what closed runs left in staging: it is no longer of use, and may hold data of any person. */
async function removeStagedOfClosedRuns(context: ErasureContext): Promise<void> {
  const staged = await context.staging.listRuns();
  const open = await whichAreActive(context.pool, staged);
  const useless = staged.filter((runId) => !open.has(runId));
  // What a crash leaves here is found again by its folder.
  await forgetStaged(context.pool, useless);
  for (const runId of useless) await context.staging.removeRun(runId);
}
