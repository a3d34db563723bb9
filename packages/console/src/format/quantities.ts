const COUNT = new Intl.NumberFormat("en-GB");
const RATE = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 3 });
const BYTE_UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Returns a count with separators between thousands: `1,234,567`. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** Returns a count with the noun that fits it: `1 file`, `2 files`. */
export function formatThings(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Returns a size of so many bytes with three digits: `1.23 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < BYTE_UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${RATE.format(value)} ${BYTE_UNITS[unit]}`;
}

/** Returns a rate with three digits: `12,300`. */
export function formatRate(perSecond: number): string {
  return RATE.format(perSecond);
}

/** Returns a share of 0 to 1 in percent with three digits; one that is not nothing is never shown as 0 %. */
export function formatShare(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return "< 0.01 %";
  return `${RATE.format(percent)} %`;
}

/** Returns how long something took, in its two largest units: `3 h 5 min`, `1.4 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const whole = Math.round(seconds);
  const first = units.findIndex(([, length]) => whole >= length);
  const [name, length] = units[first] ?? ["s", 1];
  const amount = Math.floor(whole / length);
  const next = units[first + 1];
  if (next === undefined) return `${amount} ${name}`;
  const rest = Math.floor((whole - amount * length) / next[1]);
  return rest === 0 ? `${amount} ${name}` : `${amount} ${name} ${rest} ${next[0]}`;
}
