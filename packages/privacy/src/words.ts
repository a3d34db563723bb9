/** A word's place in a text. */
export interface Word {
  readonly start: number;
  readonly end: number;
}

export interface Words {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Returns the i-th word. */
  at(i: number): string;
}

/** Cuts a folded text into its words: runs of letters, digits and their marks, whatever stands between them. */
export function wordsOf(text: string): Words {
  const starts: number[] = [];
  const ends: number[] = [];
  let isOpen = false;
  for (let i = 0; i < text.length; i++) {
    const isWord = isWordCharacter(text.charCodeAt(i));
    if (isWord === isOpen) continue;
    (isWord ? starts : ends).push(i);
    isOpen = isWord;
  }
  if (isOpen) ends.push(text.length);
  return { starts, ends, at: (i) => text.slice(starts[i], ends[i]) };
}

const IS_WORD = new Uint8Array(0x10000);
const WORD = /[\p{L}\p{N}\p{M}]/u;
for (let code = 0; code < 0x10000; code++) {
  // Half of a character beyond the first plane: letters of some scripts, and pictures, lie there.
  const isHalf = code >= 0xd800 && code < 0xe000;
  if (isHalf || WORD.test(String.fromCharCode(code))) IS_WORD[code] = 1;
}

function isWordCharacter(code: number): boolean {
  return IS_WORD[code] === 1;
}
