/** Formats a count with thousands separated: `15,621`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** Writes a number of things: `1 file`, `2,000 files`. */
export function count(number: number, thing: string): string {
  const many = thing.endsWith("y") ? `${thing.slice(0, -1)}ies` : `${thing}s`;
  return `${formatCount(number)} ${number === 1 ? thing : many}`;
}

/**
 * Formats a number of days: with two decimals below one day, with one decimal otherwise, and as `<0.01` for a few
 * minutes.
 */
export function formatDays(days: number): string {
  if (days >= 0 && days < 0.005) return "<0.01";
  return Math.abs(days) < 1 ? days.toFixed(2) : days.toFixed(1);
}
