import { parentPort, workerData } from "node:worker_threads";
import { LetheError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { parseKeyring } from "@lethe/privacy/privacy-key";
import { createSuppressionFinder, createSuppressionLookup } from "@lethe/privacy/suppression-list";
import { safeError } from "@lethe/service-kit/safe-error";
import { openFolderStorage } from "@lethe/storage/folder-storage";
import { openStaging } from "@lethe/storage/staging";
import { NO_RECORD, type ThreadAnswer, type ThreadData, type ThreadRequest } from "./batch-work.js";
import { carryError } from "./carried-error.js";
import { transformBatch } from "./transform-batch.js";
import { type SuppressionsInForce, type TransformTools, transformStagedBatch } from "./transform-staged-batch.js";

/**
 * Runs the body of a transformer thread: transforms batches, one after the other, as they are requested. `onRecord`
 * is called with each record's text before it is parsed; only tests pass it.
 */
export function serveBatches(onRecord?: (text: string) => void): void {
  const port = parentPort;
  if (port === null) throw new Error("this is the body of a thread");
  const data = workerData as ThreadData;
  const tools: TransformTools = {
    staging: openStaging(openFolderStorage(data.dataFolder, data)),
    datasets: createDatasets(),
    ring: parseKeyring(data.keyring),
    policy: data.policy,
    schemaMode: data.schemaMode,
    refundMode: data.refundMode,
    maxNesting: data.maxNesting,
  };
  let suppressions: SuppressionsInForce | undefined;

  async function answer({ work, epoch, identifiers }: ThreadRequest): Promise<ThreadAnswer> {
    try {
      if (identifiers !== null) {
        const lifted = identifiers.flatMap((each) =>
          each.act === "lifted" ? [{ ...each, act: "erase" as const }] : [],
        );
        suppressions = {
          epoch,
          lookup: createSuppressionLookup(identifiers, tools.ring),
          findLifted: createSuppressionFinder(lifted, tools.ring),
        };
      }
      if (suppressions?.epoch !== epoch) throw new Error("the thread was not told of the suppression list");
      const poisonous = new Set(work.poison.map(({ ordinal }) => ordinal));
      const counts = await transformStagedBatch(tools, work, suppressions, (input) => {
        const output = transformBatch({
          ...input,
          onRecord(ordinal, line) {
            Atomics.store(data.progress, 0, ordinal);
            if (onRecord !== undefined && !poisonous.has(ordinal)) onRecord(line.toString("utf8"));
          },
        });
        Atomics.store(data.progress, 0, NO_RECORD);
        return output;
      });
      return { kind: "done", counts };
    } catch (error) {
      const at = Atomics.load(data.progress, 0);
      if (at === NO_RECORD || error instanceof LetheError) return { kind: "error", error: carryError(error) };
      const cause = isStackOverflow(error) ? "stack" : "unexpected";
      return { kind: "failed", cause, at, where: safeError(error).frames[0] ?? null };
    }
  }

  const post = (message: ThreadAnswer) => port.postMessage(message);
  port.on("message", (request: ThreadRequest) => void answer(request).then(post));
  post({ kind: "ready" });
}

// V8's words for it; it has no class or code of its own.
function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message.includes("call stack");
}
