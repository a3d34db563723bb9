import type { DatasetName } from "@lethe/contracts/datasets";
import type { JobResult } from "@lethe/contracts/jobs";
import type { RejectCounts } from "@lethe/contracts/reject-reasons";
import type { LoadingKind } from "@lethe/contracts/runs";
import {
  type JoinedRecord,
  JoinedRecordsSchema,
  ofTransformation,
  type Segment,
  STAGED,
} from "@lethe/contracts/staged-batch";
import type { ErasureOrigin } from "@lethe/erasure/erase-accepted";
import { openRecordQuestions } from "@lethe/erasure/open-record-questions";
import { resolveRequests } from "@lethe/erasure/resolve-requests";
import { takeJoined } from "@lethe/erasure/take-joined";
import { readJson } from "@lethe/storage/json-object";
import type { BatchRef } from "@lethe/storage/staging";
import { awaitTurn, lockFiles, recordLoaded, type SegmentOutcome } from "@lethe/warehouse/ledger/load-batch";
import { writeRecordWarnings } from "@lethe/warehouse/ledger/record-warnings";
import { writeSchemaChanges } from "@lethe/warehouse/ledger/schema-changes";
import { quarantineRejects, resolveReplayed } from "@lethe/warehouse/ledger/stage-rejects";
import type { Client } from "@lethe/warehouse/pool";
import { logSuppressionChanges } from "@lethe/warehouse/proof/log-suppressions";
import { raiseEpoch } from "@lethe/warehouse/suppress-subjects";
import { requireSuppressionEpoch } from "@lethe/warehouse/suppressions";
import { type BackfilledRecords, leaveOutQuarantined } from "./backfilled-records.js";
import type { LoaderContext } from "./context.js";
import { createStage } from "./create-stage.js";
import type { LoadedCounts } from "./load-metrics.js";
import { addMergeRejects, findMergeRejects, type MergeReject } from "./merge-rejects.js";
import { rejectsOfRequests, takeRequests } from "./merge-requests.js";
import { requireAsQuarantined } from "./require-as-quarantined.js";
import { type Part, stagePart } from "./stage-part.js";
import { type StagedOutput, writePublished } from "./write-published.js";

export interface Loaded extends JobResult<"load"> {
  readonly batches: readonly BatchRef[];
}

/** What was loaded in one transaction. */
export interface Merged extends Loaded, Pick<LoadedCounts, "rejectedByReason" | "copiedBytes"> {}

/**
 * Merges claimed batches of a run in the transaction that has claimed them: inserts rows and quarantine, and records each batch as
 * loaded. What is staged for them is copied before their turn has come, while those before them are merged. Returns undefined when
 * it does not come. Throws StaleSuppressionError, StaleReplayError, StagedObjectError.
 */
export async function mergeBatches(
  client: Client,
  context: LoaderContext,
  info: { readonly dataset: DatasetName; readonly kind: LoadingKind },
  batches: readonly BatchRef[],
): Promise<Merged | undefined> {
  const startedAt = performance.now();
  const dataset = context.datasets.get(info.dataset);
  await createStage(client, dataset);
  const parts: Part[] = [];
  for (const batch of batches) {
    parts.push(await stagePart(client, context.staging, dataset, batch, parts.length));
  }
  // Before any lock that those whose turn it is may wait for.
  if (!(await awaitTurn(client, originOf(parts).runId, batchIdsOf(parts)))) return undefined;
  if (dataset.fenced) {
    const epochs = new Set(parts.map(({ summary }) => summary.suppressionEpoch));
    for (const epoch of epochs) await requireSuppressionEpoch(client, epoch, parts.some(changesSuppressions));
  }
  if (info.kind === "replay") await requireAsQuarantined(client, context.staging, parts);
  await setRun(client, parts);
  const backfilled = info.kind === "backfill" ? await leaveOutQuarantined(client, context, dataset, parts) : undefined;
  const requests = dataset.erasure === undefined ? undefined : await resolveRequests(client, context);
  const mergeRejects = requests === undefined ? await findMergeRejects(client, dataset) : rejectsOfRequests(requests);
  const byPart = parts.map(({ part }) => mergeRejects.filter((reject) => reject.part === part));
  const foundIn = ({ part }: Part) => byPart[part] ?? [];
  const rejectsOf = (part: Part) => backfilled?.newRejects(foundIn(part)) ?? foundIn(part);
  const publishing = publish(context, parts, (part) => backfilled?.unpublished(part, foundIn(part)) ?? foundIn(part));
  const merging = (async () => {
    for (const statement of dataset.merge.apply) await client.query(statement);
    const quarantine = async () => {
      for (const part of parts) await addMergeRejects(client, context.staging, dataset, part, rejectsOf(part));
      if (parts.some(({ summary }) => summary.newQuestions > 0)) {
        await openRecordQuestions(client, context.ring, dataset);
        await raiseEpoch(client);
      }
      if (info.kind === "replay") await resolveReplayed(client, quarantineIdsOf(parts));
      else await quarantineRejects(client);
    };
    if (requests === undefined) await quarantine();
    else await takeRequests(client, context, requests, originOf(parts), quarantine);
    await joinArrived(client, context, parts);
  })();
  const [published] = await settled(publishing, merging);
  await lockFiles(
    client,
    parts.flatMap(({ manifest }) => manifest.segments.map(({ fileId }) => fileId)),
  );
  let loaded = 0;
  let rejected = 0;
  let rejectedByReason: RejectCounts = {};
  for (const [i, part] of parts.entries()) {
    const output = published[i];
    if (output === undefined) throw new Error("nothing was staged for the publication");
    const segments = outcomeOf(part, foundIn(part), output, backfilled);
    await writeSchemaChanges(client, part.batch.batchId, part.summary.schemaChanges);
    await writeRecordWarnings(client, part.batch.batchId, part.summary.warnings);
    const byReason =
      backfilled?.rejectedByReason(part, foundIn(part)) ??
      addCounts(part.summary.rejectedByReason, countReasons(foundIn(part)));
    rejectedByReason = addCounts(rejectedByReason, byReason);
    await recordLoaded(client, part.batch.batchId, {
      runId: part.batch.runId,
      kind: info.kind,
      output: output.attempt,
      segments,
      rejectedByReason: byReason,
      loadMs: (performance.now() - startedAt) / parts.length,
    });
    for (const segment of segments) {
      loaded += segment.records - segment.rejected - (segment.there ?? 0);
      rejected += segment.rejected;
    }
  }
  // Last, since it may hold a lock that all who append wait for.
  await logSuppressionChanges(client, { runId: batches[0]?.runId });
  context.onStep?.("load about to commit");
  return { batches, loaded, rejected, rejectedByReason, copiedBytes: copiedBytesOf(parts) };
}

function changesSuppressions({ summary }: Part): boolean {
  return summary.joined > 0 || summary.newQuestions > 0;
}

/** Lets identifiers that erased people's records have brought join those that are suppressed. */
async function joinArrived(client: Client, context: LoaderContext, parts: readonly Part[]): Promise<void> {
  const joined: JoinedRecord[] = [];
  for (const { batch, summary } of parts) {
    if (summary.joined === 0) continue;
    const name = ofTransformation(summary.transformation, STAGED.joined);
    joined.push(...(await readJson(context.staging, batch, name, JoinedRecordsSchema)));
  }
  if (joined.length > 0 && (await takeJoined(client, context, joined, originOf(parts)))) await raiseEpoch(client);
}

/** Tells the statements of a merge of which run the rows are. */
async function setRun(client: Client, parts: readonly Part[]): Promise<void> {
  await client.query("select set_config('lethe.run_id', $1, true)", [originOf(parts).runId]);
}

function batchIdsOf(parts: readonly Part[]): string[] {
  return parts.map(({ batch }) => batch.batchId);
}

/** Returns the run and the policy of what is merged. */
function originOf([first]: readonly Part[]): ErasureOrigin {
  if (first === undefined) throw new Error("nothing is merged");
  return { runId: first.batch.runId, policyVersion: first.summary.policyVersion };
}

/** Stages what each part adds to `processed_data/`, one part at a time, since each is held in memory as a whole. */
async function publish(
  { staging }: LoaderContext,
  parts: readonly Part[],
  unpublished: (part: Part) => readonly Pick<MergeReject, "ordinal">[],
): Promise<StagedOutput[]> {
  const published: StagedOutput[] = [];
  for (const part of parts) {
    published.push(await writePublished(staging, part.batch, part.summary, unpublished(part)));
  }
  return published;
}

/** Waits for both to end, so that nothing still uses the connection when one has failed. Then throws the failure. */
async function settled<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
}

function outcomeOf(
  part: Part,
  rejects: readonly MergeReject[],
  { parts }: StagedOutput,
  backfilled: BackfilledRecords | undefined,
): SegmentOutcome[] {
  const { manifest, summary } = part;
  return manifest.segments.map((segment, i) => ({
    fileId: segment.fileId,
    masked: summary.segments[i]?.masked ?? 0,
    publishedOffset: parts[i]?.offset ?? 0,
    publishedBytes: parts[i]?.bytes ?? 0,
    lacking: summary.segments[i]?.lacking ?? {},
    ...(backfilled?.count(part, segment, rejects) ?? {
      records: summary.segments[i]?.records ?? 0,
      rejected: (summary.segments[i]?.rejected ?? 0) + countIn(segment, rejects),
    }),
  }));
}

function quarantineIdsOf(parts: readonly Part[]): number[] {
  return parts.flatMap(({ manifest }) => manifest.segments.flatMap((segment) => segment.quarantineIds ?? []));
}

function countIn(segment: Segment, rejects: readonly MergeReject[]): number {
  const end = segment.firstOrdinal + segment.lineCount;
  return rejects.filter(({ ordinal }) => ordinal >= segment.firstOrdinal && ordinal < end).length;
}

function countReasons(rejects: readonly MergeReject[]): RejectCounts {
  const counts: RejectCounts = {};
  for (const { reason } of rejects) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

function addCounts(some: Readonly<Record<string, number>>, others: Readonly<Record<string, number>>): RejectCounts {
  const sums: Record<string, number> = { ...some };
  for (const [reason, count] of Object.entries(others)) sums[reason] = (sums[reason] ?? 0) + count;
  return sums;
}

function copiedBytesOf(parts: readonly Part[]): number {
  return parts.reduce(
    (bytes, { summary }) => summary.tables.reduce((sum, table) => sum + table.bytes, bytes + summary.rejectBytes),
    0,
  );
}
