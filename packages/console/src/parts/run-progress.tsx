import type { Schemas } from "../api/client.js";
import { formatCount, formatDuration, formatRate } from "../format/quantities.js";
import { Message } from "./message.js";
import { Panel } from "./page.js";

interface RunProgressProps {
  /** Undefined where the run alone is known, since its events do not come. */
  readonly progress: Schemas["RunProgress"] | undefined;
  readonly isLive: boolean;
}

/** How far a run is, and how fast. */
export function RunProgress({ progress, isLive }: RunProgressProps) {
  if (progress === undefined) {
    return (
      <Message mood="warn">
        The run is not followed live at the moment. This page asks for it every few seconds.
      </Message>
    );
  }
  const { files, batches, rowsLoaded, rowsPerSecond, secondsLeft } = progress;
  const share = batches.total === 0 ? 0 : batches.done / batches.total;
  const percent = Math.round(share * 100);
  return (
    <Panel title={isLive ? "Progress" : "Progress (connecting again)"}>
      <div
        class="bar"
        role="progressbar"
        aria-label="Batches done"
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span style={{ width: `${percent}%` }} />
      </div>
      <dl class="figures">
        <Figure name="Files" value={`${formatCount(files.done)} of ${formatCount(files.taken)}`} />
        <Figure name="Batches" value={`${formatCount(batches.done)} of ${formatCount(batches.total)}`} />
        <Figure name="Rows loaded" value={formatCount(rowsLoaded)} />
        <Figure name="Rows a second" value={formatRate(rowsPerSecond)} />
        <Figure name="Time left" value={secondsLeft === null ? "not known yet" : formatDuration(secondsLeft * 1_000)} />
      </dl>
    </Panel>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
