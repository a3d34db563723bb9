import type { Environment } from "@lethe/service-kit/settings";

/** Where a command writes. Results and talk go apart, so that a script can read the one and a person both. */
export interface Terminal {
  /** Writes a line of the result, to standard output. */
  print(text: string): void;
  /** Writes a line about the work (progress, hints, errors), to standard error. */
  note(text: string): void;
  /**
   * The stream that progress bars are drawn on. Undefined where a line cannot be drawn anew: standard error is no terminal, or one
   * that cannot move its cursor, or a build server's; progress is then printed in lines.
   */
  readonly bars: NodeJS.WritableStream | undefined;
  /** The width of the terminal that standard error is; undefined where it is none. */
  readonly columns?: number | undefined;
}

/** Returns the terminal of this process. */
export function processTerminal(environment: Environment): Terminal {
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that has seen enough (`lethe status | head -1`) is no error, nor is a terminal that was closed.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    });
  }
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    bars: process.stderr.isTTY && canRedraw(environment) ? process.stderr : undefined,
    get columns() {
      return process.stderr.isTTY ? process.stderr.columns : undefined;
    },
  };
}

/** Reports whether a terminal can draw a line anew, as far as its environment tells. */
export function canRedraw({ TERM, CI }: Environment): boolean {
  return TERM !== "dumb" && (CI === undefined || CI === "" || CI === "false");
}
