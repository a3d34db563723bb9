const REDRAW_MS = 1_000;
const CLEAR_LINE = "\r\u001b[2K";

/**
 * Starts a step of a command that takes long. On a terminal, a line shows what is being done and for how long, and makes room for the
 * line that `end` prints; elsewhere that line is all, without control characters.
 */
export function startStep(doing, { stream = process.stderr, environment = process.env } = {}) {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1_000;
  const isDrawn = stream.isTTY === true && environment.TERM !== "dumb" && !environment.CI;
  const draw = () => stream.write(`${CLEAR_LINE}${doing} … ${formatSeconds(Math.floor(seconds()))}`);
  if (isDrawn) draw();
  const timer = isDrawn ? setInterval(draw, REDRAW_MS) : undefined;
  return {
    /** Ends the step with a line, and the time that it took. */
    end(done) {
      clearInterval(timer);
      stream.write(`${isDrawn ? CLEAR_LINE : ""}${done} in ${formatSeconds(seconds())}\n`);
    },
    /** Ends the step with a line of another kind. */
    fail(line) {
      clearInterval(timer);
      stream.write(`${isDrawn ? CLEAR_LINE : ""}${line}\n`);
    },
  };
}

/** Formats seconds for people: `3.2 s`, `21 s`, `1 min 05 s`. */
export function formatSeconds(seconds) {
  if (seconds < 9.95) return `${Number.isInteger(seconds) ? seconds : seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
