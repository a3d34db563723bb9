/** What a number may be without anybody being told; null where it is not limited. */
export interface Band {
  readonly least: number | null;
  readonly most: number | null;
}

/** Fewer same hours than these say nothing. A week's, so that its weekend is among them. */
const LEAST_SAMPLES = 7;

/** A normal distribution's standard deviation from its median absolute deviation. */
const SIGMA_OF_MAD = 1.4826;
/** So many of them are no chance: a month has thousands of checks. The second is of what counts vary by of themselves. */
const MAD_SIGMAS = 6;
const COUNT_SIGMAS = 6;
const SHARE_SIGMAS = 6;

/**
 * Returns the band of a number of rows, learnt from those of earlier same hours; undefined while there are too few. Rows vary by
 * factors, so the spread is that of their logarithms, and at least what a count varies by of itself. What was seen before and
 * alerted nobody lies in the band, and so does what is near it.
 */
export function learnVolume(samples: readonly number[]): Band | undefined {
  if (samples.length < LEAST_SAMPLES) return undefined;
  const middle = median(samples);
  const logs = samples.map(logOf);
  const factor = Math.exp(MAD_SIGMAS * SIGMA_OF_MAD * median(logs.map((log) => Math.abs(log - logOf(middle)))));
  const chance = COUNT_SIGMAS * Math.sqrt(Math.max(middle, 1));
  const least = Math.min(middle - chance, middle / factor, ...samples.map(below));
  const most = Math.max(middle + chance, middle * factor, ...samples.map(above));
  return { least: Math.max(0, Math.floor(least)), most: Math.ceil(most) };
}

/** What was seen once, as on a weekend, may be somewhat less the next time, or more. */
function below(rows: number): number {
  return Math.min(rows * (1 - TOLERANCE), rows - TOLERATED_SIGMAS * Math.sqrt(rows));
}

function above(rows: number): number {
  return Math.max(rows * (1 + TOLERANCE), rows + TOLERATED_SIGMAS * Math.sqrt(rows));
}

const TOLERANCE = 0.4;
const TOLERATED_SIGMAS = 4;

function logOf(rows: number): number {
  return Math.log(rows + 1);
}

/** How many of how many rows. */
export interface Share {
  readonly rows: number;
  readonly of: number;
}

/** The least by which a share must rise. */
const LEAST_RISE = 0.02;

/**
 * Returns the band of a share of `of` rows, in percent, learnt from the shares of earlier same hours; undefined while there are too
 * few of them, or when so few rows can say nothing. Only too much of it is outside.
 */
export function learnShare(samples: readonly Share[], of: number): Band | undefined {
  const told = samples.filter((sample) => sample.of > 0);
  if (told.length < LEAST_SAMPLES || of === 0) return undefined;
  const shares = told.map((sample) => sample.rows / sample.of);
  const rows = told.reduce((sum, sample) => sum + sample.rows, 0);
  const pooled = rows / told.reduce((sum, sample) => sum + sample.of, 0);
  const middle = median(shares);
  const spread = MAD_SIGMAS * SIGMA_OF_MAD * median(shares.map((share) => Math.abs(share - middle)));
  const usual = Math.max(pooled, ...shares, middle + spread);
  // Where none was seen yet, the next may be the first.
  const expected = Math.min(Math.max(pooled, 1 / of), 0.5);
  const most = usual + Math.max(LEAST_RISE, SHARE_SIGMAS * Math.sqrt((expected * (1 - expected)) / of));
  return most >= 1 ? undefined : { least: null, most: Math.ceil(most * 1_000) / 10 };
}

/** Returns the median of at least one number. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? 0;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? 0) + upper) / 2 : upper;
}
