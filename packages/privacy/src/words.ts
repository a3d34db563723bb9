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
  while (start < text.length && KIND[text.charCodeAt(start)] === NO_WORD) start += 1;
  return start;
}

/**
 * Returns where the word ends that begins at a place. Text in a script that puts no blanks between words may stand right beside
 * an email or id, so words end where Latin letters or digits meet those of another script, and each letter of a script without
 * blanks is a word of its own.
 */
export function endOfWord(text: string, start: number): number {
  const kind = KIND[text.charCodeAt(start)] ?? NO_WORD;
  let end = start + 1;
  for (; end < text.length; end++) {
    const next = KIND[text.charCodeAt(end)] ?? NO_WORD;
    if (next !== MARK && (next !== kind || kind === WITHOUT_BLANKS)) break;
  }
  return end;
}

/** Reports whether two characters, given as units of a folded text, are letters or digits that no one word would have both of. */
export function isOtherScript(one: number, other: number): boolean {
  const [first, second] = [KIND[one] ?? NO_WORD, KIND[other] ?? NO_WORD];
  return first !== second && first !== NO_WORD && first !== MARK && second !== NO_WORD && second !== MARK;
}

/** Reports whether a character, given as a unit of a folded text, is a letter of a script that puts no blanks between words. */
export function isWithoutBlanks(unit: number): boolean {
  return KIND[unit] === WITHOUT_BLANKS;
}

const NO_WORD = 0;
const LATIN = 1;
const OTHER = 2;
const WITHOUT_BLANKS = 3;
const MARK = 4;

const BLANKLESS_SCRIPT =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const KIND = new Uint8Array(0x10000);
for (let code = 0; code < 0x10000; code++) KIND[code] = kindOf(code);

function kindOf(code: number): number {
  // Half of a character beyond the first plane: letters of some scripts, and pictures, lie there.
  if (code >= 0xd800 && code < 0xe000) return OTHER;
  const character = String.fromCharCode(code);
  if (/\p{M}/u.test(character)) return MARK;
  if (!/[\p{L}\p{N}]/u.test(character)) return NO_WORD;
  if (BLANKLESS_SCRIPT.test(character)) return WITHOUT_BLANKS;
  return /[\p{Script=Latin}\d]/u.test(character) ? LATIN : OTHER;
}
