import { formatDistance, formatInstant } from "../format/instants.js";

/** An instant as its distance from now, with the exact time for whoever points at it or has it read out. */
export function Instant({ at, exact = false }: { at: string | null | undefined; exact?: boolean }) {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  return (
    <time dateTime={at} title={formatInstant(at)}>
      {exact ? formatInstant(at) : formatDistance(at, Date.now())}
    </time>
  );
}
