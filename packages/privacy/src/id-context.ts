/** Words behind which a number is an id, though it lacks the zeros that ids begin with. */
const ID_WORDS: ReadonlySet<string> = new Set(["id", "ids", "customerid", "customer", "kunde", "client"]);

const LAST_WORD = /([\p{L}\p{N}\p{M}]+)[^\p{L}\p{N}\p{M}]*$/u;
const LONGEST_CONTEXT = 24;

/** Reports whether the word before a place in a folded text says that an id follows. */
export function isBehindIdWord(folded: string, start: number): boolean {
  const before = folded.slice(Math.max(start - LONGEST_CONTEXT, 0), start);
  const word = LAST_WORD.exec(before)?.[1];
  return word !== undefined && ID_WORDS.has(word);
}

/**
 * Reports whether a number in somebody else's record is said to be an id, by the word before it or by the name of its field:
 * of itself, six digits may be a postcode, an article or a price. `start` is where the number stands, if that is known.
 */
export function isSaidToBeId(fieldName: string, text: string, start: number | undefined): boolean {
  if (start === undefined) return false;
  const before = `${fieldName}: ${text.slice(0, start)}`.toLowerCase();
  return isBehindIdWord(before, before.length);
}

/** Reports whether digits of a folded text are a part of a longer number, of a second or of a price. */
export function isPartOfNumber(folded: string, start: number, end: number): boolean {
  if (folded.charAt(start - 1) === "." && /\d/.test(folded.charAt(start - 2))) return true;
  return /^\.\d*[1-9]/.test(folded.slice(end, end + LONGEST_CONTEXT));
}
