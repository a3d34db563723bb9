import { appendFileSync } from "node:fs";

/** What a storm did and when, so that a finding can be understood. */
export interface StormLog {
  /** Where it is written. */
  readonly file: string;
  note(text: string): void;
}

/** Starts the log of a storm in a file. Each line has the time, as in the logs of the services, and the seconds since the start. */
export function openStormLog(file: string): StormLog {
  const start = performance.now();
  return {
    file,
    note(text) {
      const seconds = ((performance.now() - start) / 1_000).toFixed(1);
      appendFileSync(file, `${new Date().toISOString()} ${seconds.padStart(7)} ${text}\n`);
    },
  };
}
