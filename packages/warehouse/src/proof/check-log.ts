import type { Checkpoint, LogEntry, LoggedSuppression, VerifySignature } from "@lethe/contracts/proof";
import { DECISION_KINDS, decisionLine, digestOf } from "./digest.js";
import { checkpointMessage } from "./hash-checkpoint.js";
import { chainHash, FIRST_PREVIOUS_HASH, hashContent, sha256 } from "./hash-entry.js";
import { type ActiveSuppressions, replaySuppressions } from "./replay-suppressions.js";

/** Something of the log that does not fit. */
export interface LogFault {
  /** The entry's sequence, or null when the fault is a checkpoint's. */
  readonly sequence: number | null;
  /** The checkpoint's number, or null when the fault is an entry's. */
  readonly checkpoint: number | null;
  /** The erasure whose receipt it is about, if it is about one. */
  readonly erasureId: string | null;
  readonly fault: string;
}

export interface LogCheck {
  /** An intact log has none. */
  readonly faults: readonly LogFault[];
  /** Entries after the newest checkpoint: they are not yet under a signature. */
  readonly unsigned: number;
  /** The suppressions that are in force, as the log's entries give them. */
  readonly suppressions: ReadonlyMap<string, LoggedSuppression>;
}

export interface LogCheckOptions {
  /** Checks signatures; without it they are not looked at. */
  readonly verifySignature?: VerifySignature | undefined;
  /** Checkpoints that were kept elsewhere: the log must hold each of them. */
  readonly kept?: readonly Checkpoint[];
}

/**
 * Checks a whole log, given in order: that it begins at entry 1, that every entry fits its hash and names the one before it,
 * that checkpoints are chained and signed and name entries that are there, and that suppressions and decisions are those
 * that the checkpoints commit to. Needs neither a database nor a secret.
 */
export function checkLog(
  entries: readonly LogEntry[],
  checkpoints: readonly Checkpoint[],
  { verifySignature, kept = [] }: LogCheckOptions = {},
): LogCheck {
  const ofCheckpoints = checkCheckpoints(checkpoints, verifySignature);
  const ofEntries = checkEntries(entries);
  const { faults: ofCoverage, suppressions } = checkCoverage(entries, checkpoints);
  const covered = checkpoints.at(-1)?.logSize ?? 0;
  const last = entries.at(-1)?.sequence ?? 0;
  const unsigned = verifySignature !== undefined && checkpoints.length === 0 && entries.length > 0;
  return {
    faults: [
      ...ofEntries,
      ...ofCheckpoints,
      ...ofCoverage,
      ...(unsigned ? [faultOf({}, "no checkpoint is there, so nothing in the log is under a signature")] : []),
      ...kept.flatMap((checkpoint) => checkKept(checkpoint, checkpoints, verifySignature)),
    ],
    unsigned: Math.max(0, last - covered),
    suppressions,
  };
}

function checkEntries(entries: readonly LogEntry[]): LogFault[] {
  const faults: LogFault[] = [];
  let previous: Pick<LogEntry, "sequence" | "hash"> = { sequence: 0, hash: FIRST_PREVIOUS_HASH };
  for (const entry of entries) {
    const complain = (fault: string) => faults.push(faultOf({ entry }, fault));
    if (chainHash(entry.previousHash, hashContent(entry)) !== entry.hash) complain("its content does not fit its hash");
    if (entry.sequence !== previous.sequence + 1) {
      complain(
        previous.sequence === 0
          ? "it is not the first: the log does not begin at entry 1"
          : "an entry before it is missing",
      );
    } else if (entry.previousHash !== previous.hash) complain("it does not name the entry before it");
    previous = entry;
  }
  return faults;
}

function checkCheckpoints(
  checkpoints: readonly Checkpoint[],
  verifySignature: VerifySignature | undefined,
): LogFault[] {
  const faults: LogFault[] = [];
  let previous: Pick<Checkpoint, "number" | "hash" | "logSize"> = { number: 0, hash: FIRST_PREVIOUS_HASH, logSize: 0 };
  for (const checkpoint of checkpoints) {
    const complain = (fault: string) => faults.push(faultOf({ checkpoint }, fault));
    if (sha256(checkpointMessage(checkpoint)) !== checkpoint.hash) complain("its content does not fit its hash");
    if (checkpoint.number !== previous.number + 1) {
      complain(previous.number === 0 ? "checkpoints before it are missing" : "a checkpoint before it is missing");
    } else if (checkpoint.previousHash !== previous.hash) complain("it does not name the checkpoint before it");
    if (checkpoint.logSize < previous.logSize) complain("it covers less than the checkpoint before it");
    if (verifySignature !== undefined && !isSigned(checkpoint, verifySignature)) {
      complain(`its signature is not that of a key that is given (it names key ${checkpoint.keyId})`);
    }
    previous = checkpoint;
  }
  return faults;
}

function isSigned(checkpoint: Checkpoint, verifySignature: VerifySignature): boolean {
  return verifySignature(checkpoint.keyId, checkpointMessage(checkpoint), checkpoint.signature);
}

/** Holds what checkpoints commit to against the entries: the head, the suppression list, the decisions. */
function checkCoverage(entries: readonly LogEntry[], checkpoints: readonly Checkpoint[]) {
  const faults: LogFault[] = [];
  const active: ActiveSuppressions = new Map();
  const decisions: string[] = [];
  const bySequence = new Map(entries.map((entry) => [entry.sequence, entry]));
  const lastReapplied = entries.findLast(({ kind }) => kind === "reapplied")?.sequence ?? 0;
  let reached = 0;
  const replayTo = (sequence: number) => {
    for (; reached < entries.length; reached += 1) {
      const entry = entries[reached];
      if (entry === undefined || entry.sequence > sequence) return;
      if (!replaySuppressions(active, entry)) {
        faults.push(faultOf({ entry }, "it does not say which suppressions it is about"));
      }
      if (DECISION_KINDS.includes(entry.kind)) decisions.push(decisionLine(entry));
    }
  };
  for (const checkpoint of checkpoints) {
    const before = reached;
    replayTo(checkpoint.logSize);
    const complain = (fault: string) => faults.push(faultOf({ checkpoint }, fault));
    const head = bySequence.get(checkpoint.logSize);
    if (head === undefined) {
      complain(`it covers ${checkpoint.logSize} entries, and the log ends at entry ${entries.at(-1)?.sequence ?? 0}`);
    } else if (head.hash !== checkpoint.headHash)
      complain(`entry ${checkpoint.logSize} is not the one that was signed`);
    // What a checkpoint says of an unchanged list was compared with the one before it.
    const previous = checkpoints[checkpoints.indexOf(checkpoint) - 1];
    const isUnchanged = before === reached && previous !== undefined && sameDigests(previous, checkpoint);
    if (isUnchanged) continue;
    if (!sameDigest(digestOf(active.keys()), checkpoint.suppressions) && checkpoint.logSize >= lastReapplied) {
      complain("the suppression list that it commits to is not the one that the log gives");
    }
    if (!sameDigest(digestOf(decisions), checkpoint.decisions)) {
      complain("the decisions that it commits to are not those of the log");
    }
  }
  replayTo(Number.POSITIVE_INFINITY);
  return { faults, suppressions: active };
}

function sameDigests(one: Checkpoint, other: Checkpoint): boolean {
  return sameDigest(one.suppressions, other.suppressions) && sameDigest(one.decisions, other.decisions);
}

function sameDigest(one: Checkpoint["suppressions"], other: Checkpoint["suppressions"]): boolean {
  return one.count === other.count && one.digest === other.digest;
}

function checkKept(
  kept: Checkpoint,
  checkpoints: readonly Checkpoint[],
  verifySignature: VerifySignature | undefined,
): LogFault[] {
  if (
    sha256(checkpointMessage(kept)) !== kept.hash ||
    (verifySignature !== undefined && !isSigned(kept, verifySignature))
  ) {
    return [faultOf({ checkpoint: kept }, "the copy that was kept elsewhere is not signed by a key that is given")];
  }
  if (checkpoints.some(({ number, hash }) => number === kept.number && hash === kept.hash)) return [];
  const newest = checkpoints.at(-1)?.number ?? 0;
  return [
    faultOf(
      { checkpoint: kept },
      newest < kept.number
        ? `it was kept elsewhere, and the log ends at checkpoint ${newest}: it was rolled back`
        : "it was kept elsewhere, and the log holds another one of this number: it was written anew",
    ),
  ];
}

function faultOf(
  { entry, checkpoint }: { readonly entry?: LogEntry; readonly checkpoint?: Checkpoint },
  fault: string,
): LogFault {
  const erasureId = entry?.body.erasureId;
  return {
    sequence: entry?.sequence ?? null,
    checkpoint: checkpoint?.number ?? null,
    erasureId: typeof erasureId === "string" ? erasureId : null,
    fault,
  };
}
