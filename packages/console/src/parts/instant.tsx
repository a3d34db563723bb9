import { computed, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { formatDistance, formatInstant } from "../format/instants.js";

const TICK_MS = 1_000;

/** The time by which distances are counted. It ticks, so that a page that stands open does not show how far things were. */
const now = signal(Date.now());
setInterval(() => {
  if (document.visibilityState === "visible") now.value = Date.now();
}, TICK_MS);

/** An instant as its distance from now, with the exact time for whoever points at it or has it read out. */
export function Instant({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  return (
    <time dateTime={at} title={formatInstant(at)}>
      {exact ? formatInstant(at) : <Distance at={at} />}
    </time>
  );
}

/** Only the text changes when the time ticks, and nothing is drawn anew. */
function Distance({ at }: { at: string }) {
  const text = useMemo(() => computed(() => formatDistance(at, Math.max(now.value, Date.now()))), [at]);
  return <>{text}</>;
}
