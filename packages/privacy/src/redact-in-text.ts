import { REDACTED } from "./mask-value.js";

/** What a search has found in a text, and where, if it stands there as it is. */
export interface FoundPlace {
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** Times that a text is searched again; one that still holds something then is redacted whole. */
const MOST_ROUNDS = 100;

/**
 * Returns a text with everything replaced that `find` finds in it, undefined where it finds nothing. What shows only once
 * escapes are resolved goes together with the words that it stands in.
 */
export function redactInText(text: string, find: (text: string) => readonly FoundPlace[]): string | undefined {
  let redacted = text;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = find(redacted);
    if (found.length === 0) return redacted === text ? undefined : redacted;
    const direct = found.flatMap(({ start, end }) =>
      start === undefined || end === undefined ? [] : [{ start, end }],
    );
    redacted = direct.length > 0 ? replacePlaces(redacted, direct) : replaceWords(redacted, find);
  }
  return REDACTED;
}

function replacePlaces(text: string, places: readonly { readonly start: number; readonly end: number }[]): string {
  let replaced = "";
  let done = 0;
  for (const { start, end } of [...places].sort((a, b) => a.start - b.start || b.end - a.end)) {
    if (end <= done) continue;
    if (start >= done) replaced += text.slice(done, start) + REDACTED;
    done = end;
  }
  return replaced + text.slice(done);
}

/** Replaces the shortest run of words in which something is found. */
function replaceWords(text: string, find: (text: string) => readonly FoundPlace[]): string {
  const words = [...text.matchAll(/\S+/g)].map((word) => ({ start: word.index, end: word.index + word[0].length }));
  const startOf = (i: number) => words[i]?.start ?? 0;
  const endOf = (i: number) => words[i]?.end ?? text.length;
  const last = firstOf(0, words.length - 1, (i) => find(text.slice(0, endOf(i))).length > 0);
  const behindFirst = firstOf(0, last, (i) => find(text.slice(startOf(i), endOf(last))).length === 0);
  const first = find(text.slice(startOf(behindFirst), endOf(last))).length > 0 ? behindFirst : behindFirst - 1;
  return text.slice(0, startOf(Math.max(first, 0))) + REDACTED + text.slice(endOf(last));
}

/** Returns the first number from `low` on for which a condition holds, which holds for all behind it; `high` if none does. */
function firstOf(low: number, high: number, holds: (i: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return to;
}
