import { setTimeout } from "node:timers/promises";
import { RunStateError } from "@lethe/contracts/errors";
import { whichAreActive } from "@lethe/warehouse/ledger/active-runs";
import { listenToEveryRun, type RunListener } from "@lethe/warehouse/ledger/run-events";
import { readStagedSpace, type StagedSpace } from "@lethe/warehouse/ledger/staged-bytes";
import type { ExtractionContext } from "./context.js";
import { note } from "./notes.js";

/** How many times its lines a batch takes up in staging when it is transformed and loaded, at most, for usual records. */
const GROWTH = 4;
/** Milliseconds after which space is checked even without a message about a change: such a message can be lost. */
const LOOK_MS = 5_000;

/**
 * Waits until staging has room for a batch whose lines have `bytes` bytes, and for what is created from it. A run
 * stages at least one batch: if no batch is being processed that could free space, waiting would be in vain. Throws
 * RunStateError if the run is closed meanwhile, and the reason of the context's signal if that aborts.
 */
export async function waitForRoom(context: ExtractionContext, runId: string, bytes: number): Promise<void> {
  await waitUntil(context, runId, () => hasRoom(context, bytes));
}

/** Waits until a condition holds, which is asked whenever a run has changed. Throws as `waitForRoom` does. */
export async function waitUntil(
  context: Pick<ExtractionContext, "pool" | "signal">,
  runId: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  if (await holds()) return;
  const listener = await listenToEveryRun(context.pool);
  try {
    while (!(await holds())) {
      const open = await whichAreActive(context.pool, [runId]);
      if (!open.has(runId)) throw new RunStateError(`run ${runId} is closed`);
      await changeOrTimeout(listener, context.signal);
    }
  } finally {
    await listener.stop();
  }
}

async function hasRoom(context: ExtractionContext, bytes: number): Promise<boolean> {
  const space = await readStagedSpace(context.pool, GROWTH);
  const room = context.stagingBytes - space.bytes - bytes * GROWTH;
  if (room >= 0) return true;
  if (isForClosedRuns(space, room)) await note(context, "staging_full", "staging");
  return space.batchesAtWork === 0;
}

/** Reports whether there would be room without the space that closed runs take up, which nothing frees by itself. */
function isForClosedRuns(space: StagedSpace, room: number): boolean {
  return space.bytesOfClosedRuns > 0 && room + space.bytesOfClosedRuns >= 0;
}

async function changeOrTimeout(listener: RunListener, signal: AbortSignal): Promise<void> {
  const changed = new AbortController();
  const timeout = setTimeout(LOOK_MS, undefined, { signal: AbortSignal.any([signal, changed.signal]) });
  try {
    await Promise.race([listener.nextChange(), timeout]);
  } finally {
    changed.abort();
  }
  signal.throwIfAborted();
}
