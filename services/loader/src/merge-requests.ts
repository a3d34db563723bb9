import { type ErasureOrigin, eraseAccepted } from "@lethe/erasure/erase-accepted";
import { openRequestQuestions, type ResolvedRequests } from "@lethe/erasure/resolve-requests";
import type { Client } from "@lethe/warehouse/pool";
import type { LoaderContext } from "./context.js";
import type { MergeReject } from "./merge-rejects.js";

/** Batches of requests are merged one at a time. */
const PART = 0;

/** Returns the requests of a batch that are not taken, in the order of their lines. */
export function rejectsOfRequests({ duplicates, questioned }: ResolvedRequests): MergeReject[] {
  const rejects = [
    ...duplicates.map(({ ordinal }) => ({ ordinal, reason: "duplicate" as const, question: null, heldFor: null })),
    ...questioned.map(({ ordinal, kind, questionId }) => ({
      ...{ ordinal, reason: "identity_mismatch" as const, question: kind, heldFor: questionId },
    })),
  ];
  return rejects
    .map((reject): MergeReject => ({ ...reject, part: PART, missingKey: null }))
    .sort((a, b) => a.ordinal - b.ordinal);
}

/**
 * Opens the questions of a batch's requests, and erases the people whose requests are accepted. In between, `quarantine` puts what
 * is rejected of the batch into quarantine, so that other requests of these people are masked there with all else.
 */
export async function takeRequests(
  client: Client,
  context: LoaderContext,
  { accepted, questioned }: ResolvedRequests,
  origin: ErasureOrigin,
  quarantine: () => Promise<void>,
): Promise<void> {
  await openRequestQuestions(client, context, questioned);
  await quarantine();
  await eraseAccepted(client, context, accepted, origin);
}
