import { formatCount } from "@lethe/contracts/format-number";
import { isActive, type Run } from "@lethe/contracts/runs";
import type { Pace } from "./pace.js";
import { nameRun } from "./runs.js";
import { formatDuration } from "./table.js";

const WIDE_BAR = 24;
const NARROW_BAR = 10;
/** An hour and a half need no seconds. */
const SHORTEST_SHOWN_MS = 1_000;

/**
 * Formats how far a run is in one line of at most `width` characters: the less room, the less it says, and what matters least goes
 * first. With a bar for a terminal on which it is drawn anew, else in words.
 */
export function formatProgressLine(run: Run, pace: Pace, width: number, hasBar: boolean): string {
  const forms = hasBar ? barForms(run, pace) : wordForms(run, pace);
  const fitting = forms.find((form) => form.length <= width);
  return fitting ?? cut(forms.at(-1) ?? "", width);
}

/** From the longest to the shortest. */
function barForms(run: Run, pace: Pace): string[] {
  const name = nameRun(run);
  const { state } = run;
  const wide = drawBar(run, WIDE_BAR);
  const narrow = drawBar(run, NARROW_BAR);
  if (run.batches.total === 0) {
    const since = elapsed(run, pace);
    return [
      [`${name} ${wide} ${state}`, since],
      [`${name} ${narrow} ${state}`, since],
      [`${name} ${state}`, since],
      [state],
    ].map(joined);
  }
  const share = `${percent(run)} %`;
  const [batches, few] = [batchesOf(run), fewBatchesOf(run)];
  const [records, rate, left] = [recordsOf(run), rateOf(pace), timeOf(run, pace)];
  return [
    [`${name} ${wide} ${batches}`, records, rate, left, state],
    [`${name} ${wide} ${few}`, records, rate, left, state],
    [`${name} ${narrow} ${few}`, records, rate, left],
    [`${name} ${narrow} ${few}`, rate, left],
    [`${name} ${narrow} ${share}`, rate, left],
    [`${name} ${narrow} ${share}`, left],
    [`${name} ${share}`, left],
    [`${name} ${share}`],
    [share],
  ].map(joined);
}

function wordForms(run: Run, pace: Pace): string[] {
  const name = `${nameRun(run)}: ${run.state}`;
  if (run.batches.total === 0) return [[name, elapsed(run, pace)], [name]].map(commaJoined);
  const [batches, few] = [batchesOf(run), fewBatchesOf(run)];
  const [records, rate, left] = [recordsOf(run), rateOf(pace), timeOf(run, pace)];
  return [[name, batches, records, rate, left], [name, few, rate, left], [name, few, left], [name, few], [name]].map(
    commaJoined,
  );
}

function joined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(" · ");
}

function commaJoined(parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(", ");
}

function drawBar(run: Run, size: number): string {
  const full = Math.round(doneShare(run) * size);
  return "█".repeat(full) + "░".repeat(size - full);
}

/** A run without batches is complete when it is closed. */
function doneShare({ batches: { done, failed, total }, state }: Run): number {
  if (total === 0) return isActive(state) ? 0 : 1;
  return Math.min(1, (done + failed) / total);
}

/** 100 is said when all is done, and no sooner. */
function percent(run: Run): number {
  return Math.floor(doneShare(run) * 100);
}

function batchesOf({ batches }: Run): string {
  return `${formatCount(batches.done)} of ${formatCount(batches.total)} batches`;
}

function fewBatchesOf({ batches }: Run): string {
  return `${formatCount(batches.done)}/${formatCount(batches.total)}`;
}

function recordsOf({ records }: Run): string {
  return `${formatCount(records.in)} records`;
}

function rateOf({ recordsPerSecond }: Pace): string | undefined {
  return recordsPerSecond === undefined ? undefined : `${formatCount(Math.round(recordsPerSecond))}/s`;
}

/** What is left; while a run finishes, when files are rewritten and people erased, how long it has taken. */
function timeOf(run: Run, pace: Pace): string | undefined {
  if (run.state === "finishing") return elapsed(run, pace);
  return pace.leftMs === undefined ? undefined : `${formatDuration(Math.max(SHORTEST_SHOWN_MS, pace.leftMs))} left`;
}

/** Of a run that has nothing to count, time is what moves. */
function elapsed(run: Run, { elapsedMs }: Pace): string | undefined {
  return isActive(run.state) && elapsedMs >= SHORTEST_SHOWN_MS ? formatDuration(elapsedMs) : undefined;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
