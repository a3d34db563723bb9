/** A word's place in a text. */
export interface Word {
  readonly start: number;
  readonly end: number;
}

/** Yields the words of a folded text: runs of letters, digits and their marks, whatever stands between them. */
export function* eachWord(text: string): Generator<Word> {
  for (let start = wordFrom(text, 0); start < text.length; ) {
    const end = endOfWord(text, start);
    yield { start, end };
    start = wordFrom(text, end);
  }
}

/** Returns where the first word at or behind a place begins; the text's length where there is none. */
export function wordFrom(text: string, place: number): number {
  let start = place;
  while (start < text.length && IS_WORD[text.charCodeAt(start)] !== 1) start += 1;
  return start;
}

/** Returns where the word ends that a place is in. */
export function endOfWord(text: string, place: number): number {
  let end = place;
  while (end < text.length && IS_WORD[text.charCodeAt(end)] === 1) end += 1;
  return end;
}

const IS_WORD = new Uint8Array(0x10000);
const WORD = /[\p{L}\p{N}\p{M}]/u;
for (let code = 0; code < 0x10000; code++) {
  // Half of a character beyond the first plane: letters of some scripts, and pictures, lie there.
  const isHalf = code >= 0xd800 && code < 0xe000;
  if (isHalf || WORD.test(String.fromCharCode(code))) IS_WORD[code] = 1;
}
