/** The stages of a run's batches on one axis of time. */
export function BatchTimeline(_: { runId: string; isActive: boolean }) {
  return null;
}
