import { isActive, type Run } from "@lethe/contracts/runs";
import { SingleBar } from "cli-progress";
import type { Terminal } from "../terminal.js";
import { createPaceKeeper } from "./pace.js";
import { formatProgressLine } from "./progress-line.js";

export interface Progress {
  /** Shows how far a run is; its last call is the one with a closed run. */
  show(run: Run): void;
  /** Ends the display of a run that is no longer followed. */
  stop(): void;
}

/** How often time goes on in a bar, and how often a line is written where there is none. */
const REDRAW_MS = 1_000;
const LINE_MS = 5_000;

/** Creates the display of one run: a bar with rate and time left where a person watches, else a line every few seconds. */
export function createProgress(terminal: Terminal, now = () => performance.now()): Progress {
  return terminal.bars === undefined ? lineProgress(terminal, now) : barProgress(terminal.bars, now);
}

function barProgress(stream: NodeJS.WritableStream & { readonly columns?: number }, now: () => number): Progress {
  const pace = createPaceKeeper();
  let current: Run | undefined;
  let line = "";
  const bar = new SingleBar({
    stream,
    // The bar of cli-progress knows nothing of a narrow terminal: it would cut off what matters most.
    format: () => line,
    // Nothing of the terminal is changed, so nothing has to be put right after an interruption.
    hideCursor: false,
    linewrap: true,
    gracefulExit: false,
  });
  const draw = () => {
    if (current === undefined) return;
    // A line that fills the last column wraps on some terminals.
    line = formatProgressLine(current, pace.at(current, now()), (stream.columns ?? 80) - 1, true);
    bar.update(0, { line });
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearInterval(timer);
    bar.stop();
  };
  return {
    show(run) {
      if (current === undefined) {
        bar.start(1, 0, { line });
        timer = setInterval(draw, REDRAW_MS);
        timer.unref();
      }
      current = run;
      draw();
      if (!isActive(run.state)) stop();
    },
    stop,
  };
}

function lineProgress(terminal: Terminal, now: () => number): Progress {
  const pace = createPaceKeeper();
  let last: { readonly state: string; readonly at: number; readonly line: string } | undefined;
  return {
    show(run) {
      const at = now();
      const line = formatProgressLine(run, pace.at(run, at), (terminal.columns ?? Number.POSITIVE_INFINITY) - 1, false);
      // A log with a line for each of a thousand batches would help nobody.
      if (last !== undefined && last.state === run.state && (at - last.at < LINE_MS || last.line === line)) return;
      terminal.note(line);
      last = { state: run.state, at, line };
    },
    stop() {},
  };
}
