/** Returns the middle of some numbers, of two middle ones the mean. Throws RangeError when there are none. */
export function median(numbers) {
  if (numbers.length === 0) throw new RangeError("there is no median of no numbers");
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  return sorted.length % 2 === 1 ? upper : (sorted[sorted.length / 2 - 1] + upper) / 2;
}

/** Returns the median of runs with the runs beside it, all rounded to as many digits behind the point. */
export function medianOf(runs, digits = 3) {
  const rounded = (number) => Number(number.toFixed(digits));
  return { median: rounded(median(runs)), runs: runs.map(rounded) };
}

/** Returns the same for each of several things, by their names. */
export function medianOfEach(runsByName, digits = 3) {
  const each = Object.entries(runsByName).map(([name, runs]) => [name, medianOf(runs, digits)]);
  return {
    median: Object.fromEntries(each.map(([name, { median }]) => [name, median])),
    runs: Object.fromEntries(each.map(([name, { runs }]) => [name, runs])),
  };
}

/** Returns the ratio of two contenders' times round by round: they ran in turns, so one round saw the same machine. */
export function ratios(above, below) {
  return above.map((seconds, round) => seconds / below[round]);
}
