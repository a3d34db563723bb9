// A thread that speaks to the service as a transformer's thread does, and does what the name of the batch says.
import { parentPort, threadId, workerData } from "node:worker_threads";

if (workerData.dataFolder === "broken") throw new Error("cannot start");

parentPort.on("message", ({ work, identifiers }) => {
  Atomics.store(workerData.progress, 0, 7);
  switch (work.batchId) {
    case "done":
      // Who did it, and whether it was told of the suppression list.
      parentPort.postMessage({ kind: "done", counts: { accepted: threadId, rejected: identifiers === null ? 0 : 1 } });
      break;
    case "endless record":
      while (Atomics.load(workerData.progress, 0) === 7);
      break;
    case "endless batch":
      setInterval(() => Atomics.add(workerData.progress, 0, 1), 1);
      break;
    case "end":
      process.exit(0);
      break;
    case "staged object damaged":
      parentPort.postMessage({ kind: "error", error: { name: "StagedObjectError", message: "it is torn" } });
      break;
    case "disk full":
      parentPort.postMessage({ kind: "error", error: { name: "Error", message: "no space", code: "ENOSPC" } });
      break;
  }
});
parentPort.postMessage({ kind: "ready" });
