/** A quick run on a shared machine strays by as much without anything having changed. */
const TOLERANCE = 0.25;

/**
 * Compares Lethe's ratio to the floor with the one that is stored, if any. Returns a sentence, and whether it is a warning:
 * where it is worse by more than a quarter.
 */
export function compareRatio(measured, stored) {
  if (stored === undefined) return { isWarning: false, text: `ratio to the floor: ${measured}; none is stored` };
  const change = measured / stored - 1;
  const percent = `${change < 0 ? "" : "+"}${Math.round(change * 100)} %`;
  const isWarning = change > TOLERANCE;
  return { isWarning, text: `ratio to the floor: ${measured}, stored is ${stored} (${percent})` };
}
