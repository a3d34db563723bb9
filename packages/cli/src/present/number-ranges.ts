/**
 * Formats numbers in ascending order, with consecutive ones as a range: `1 to 6, 9`. The numbers may come in any
 * order.
 */
export function formatNumberRanges(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && number <= range.last + 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first} to ${last}`)).join(", ");
}
