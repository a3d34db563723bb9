import { formatCount } from "@lethe/contracts/format-number";
import { isActive, type Run } from "@lethe/contracts/runs";
import { SingleBar } from "cli-progress";
import type { Terminal } from "../terminal.js";
import { formatProgress, nameRun } from "./runs.js";

export interface Progress {
  /** Shows how far a run is; its last call is the one with a closed run. */
  show(run: Run): void;
  /** Ends the display of a run that is no longer followed. */
  stop(): void;
}

/** Creates the display of one run: a bar where a person watches, else a line now and then. */
export function createProgress(terminal: Terminal): Progress {
  return terminal.bars === undefined ? lineProgress(terminal) : barProgress(terminal.bars);
}

function barProgress(stream: NodeJS.WritableStream): Progress {
  const bar = new SingleBar({
    stream,
    format: "{job} {bar} {done} of {all} batches · {records} records · {state}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    // Nothing of the terminal is changed, so nothing has to be put right after an interruption.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  });
  let started = false;
  return {
    show(run) {
      const { done, failed, total } = run.batches;
      // A run without batches is complete when it is closed.
      const all = total === 0 ? 1 : total;
      const value = total === 0 && !isActive(run.state) ? 1 : done + failed;
      const texts = {
        job: nameRun(run).padEnd(18),
        done: formatCount(done),
        all: formatCount(total),
        records: formatCount(run.records.in),
        state: run.state,
      };
      if (started) {
        bar.setTotal(all);
        bar.update(value, texts);
      } else {
        bar.start(all, value, texts);
        started = true;
      }
      if (!isActive(run.state)) bar.stop();
    },
    stop: () => bar.stop(),
  };
}

function lineProgress(terminal: Terminal): Progress {
  let last: Run | undefined;
  return {
    show(run) {
      if (!isWorthALine(last, run)) return;
      terminal.note(formatProgress(run));
      last = run;
    },
    stop() {},
  };
}

/**
 * Reports whether a change is logged. Only a new state or another tenth of the batches is: a log with a line for each
 * of a thousand batches would help nobody.
 */
function isWorthALine(last: Run | undefined, run: Run): boolean {
  if (last === undefined || last.state !== run.state) return true;
  return tenthsDone(run) > tenthsDone(last);
}

function tenthsDone(run: Run): number {
  return run.batches.total === 0 ? 0 : Math.floor((10 * run.batches.done) / run.batches.total);
}
