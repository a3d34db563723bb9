/** What goes through a record field by field bears this many levels of arrays and objects within each other. */
export const DEEPEST_NESTING = 500;

/**
 * Reports whether a record is nested deeper than so many levels (DEEPEST_NESTING at the most). Takes the text that it was
 * made of, too: nearly all texts have too few brackets for it, and then nothing has to be gone through.
 */
export function isNestedDeeper(levels: number, record: unknown, text: string): boolean {
  return hasMoreBrackets(levels, text) && isDeeper(levels, record);
}

function hasMoreBrackets(count: number, text: string): boolean {
  let left = count;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}

function isDeeper(levels: number, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((part) => isDeeper(levels - 1, part));
}
