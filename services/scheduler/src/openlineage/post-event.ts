import type { RunEvent } from "@lethe/lineage/openlineage/run-event";
import type { Telling } from "@lethe/warehouse/ledger/run-transitions";

const ANSWER_MS = 15_000;
/** What the receiver says of the event itself, whenever it comes. */
const REFUSALS = [400, 409, 413, 422];

/** Sends an event to an OpenLineage receiver over HTTP. A receiver that knows the key of an event that it has may drop the second one. */
export async function postEvent(
  address: string,
  apiKey: string | undefined,
  event: RunEvent,
  signal: AbortSignal,
): Promise<Telling> {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "lethe",
        "idempotency-key": `${event.run.runId}-${event.eventType}`,
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(event),
      // The key goes to no other address by itself.
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    await answer.body?.cancel();
    if (answer.ok) return { outcome: "confirmed" };
    return { outcome: REFUSALS.includes(answer.status) ? "refused" : "failed", failure: `status ${answer.status}` };
  } catch (error) {
    // Its message may hold the address, and the address a secret.
    return { outcome: "failed", failure: error instanceof Error ? error.name : "unknown" };
  }
}
