import type { Checkpoint, LogEntry, LoggedSuppression, Signer } from "@lethe/contracts/proof";
import { DECISION_KINDS, decisionLine, digestOf } from "@lethe/warehouse/proof/digest";
import { type ActiveSuppressions, replaySuppressions } from "@lethe/warehouse/proof/replay-suppressions";
import { signCheckpoint } from "@lethe/warehouse/proof/sign-checkpoint";
import { chainEntry, sampleReceiptBody } from "./sample-receipt.js";

const AT = "2022-03-03T12:00:01.000Z";

export interface SampleLog {
  readonly entries: readonly LogEntry[];
  readonly checkpoints: readonly Checkpoint[];
}

/** What each entry of a sample log says; `sign` puts a checkpoint there. */
export type SampleStep = "sign" | Omit<LogEntry, "sequence" | "createdAt" | "previousHash" | "hash">;

/** Two people are suppressed and get their receipts; of three decisions one lifts the first person's suppression. */
export const SAMPLE_STEPS: readonly SampleStep[] = [
  { kind: "suppressed", body: { suppressions: [suppression("aa"), suppression("ab", "email")] } },
  receipt(1),
  "sign",
  { kind: "suppressed", body: { suppressions: [suppression("ba")] } },
  { kind: "decision", body: { decision: "approve", request: 7 } },
  receipt(2),
  "sign",
  { kind: "lifted", body: { note: "case 7", suppressions: [suppression("aa"), suppression("ab", "email")] } },
  receipt(3),
  "sign",
];

/** Returns a log that is whole: the steps in their order, chained and signed. */
export function sampleLog(signer: Signer, steps: readonly SampleStep[] = SAMPLE_STEPS): SampleLog {
  const entries: LogEntry[] = [];
  const checkpoints: Checkpoint[] = [];
  const active: ActiveSuppressions = new Map();
  for (const step of steps) {
    const head = entries.at(-1);
    if (step !== "sign") {
      const sequence = (head?.sequence ?? 0) + 1;
      const entry = chainEntry(head?.hash ?? "0".repeat(64), { ...step, sequence, createdAt: AT });
      replaySuppressions(active, entry);
      entries.push(entry);
    } else if (head !== undefined) {
      const facts = {
        ...{ logSize: head.sequence, headHash: head.hash, createdAt: AT },
        suppressions: digestOf(active.keys()),
        decisions: digestOf(entries.filter(({ kind }) => DECISION_KINDS.includes(kind)).map(decisionLine)),
      };
      checkpoints.push(signCheckpoint(checkpoints.at(-1), facts, signer));
    }
  }
  return { entries, checkpoints };
}

function suppression(key: string, kind = "customer-id"): LoggedSuppression {
  return { subject: "6c1d8a52", act: "erase", kind, key, keyId: "1a2b3c4d" };
}

function receipt(number: number): SampleStep {
  return {
    kind: "receipt",
    body: sampleReceiptBody({ erasureId: `6c1d8a52-6a0e-4b0e-9a36-0d6a3d1c2f0${number}`, found: number > 1 }),
  };
}
