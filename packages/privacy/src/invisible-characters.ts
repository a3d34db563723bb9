/** Characters that nobody sees: controls but white space, and what formats text (zero-width spaces and joiners, marks of direction). */
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}]|[\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufeff]|\u034f|[\ufe00-\ufe0f]/gu;
const ANY_INVISIBLE = new RegExp(INVISIBLE.source, "u");

/** Returns a text without the characters that nobody sees. White space stays. So are texts compared. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, "");
}

/**
 * Returns a text without the characters that nobody sees and that change nothing that is seen. Those stay that join the parts of an
 * emoji or choose its look, that shape letters in scripts which are written joined, and signs that the standard counts among
 * formats though they are seen. So are texts stored.
 */
export function withoutNoise(text: string): string {
  if (!ANY_INVISIBLE.test(text)) return text;
  return text
    .replace(INVISIBLE, (character) => (MAY_MATTER.test(character) ? character : ""))
    .replace(TAGS, "$<flag>")
    .replace(SELECTORS, (run, offset: number, whole: string) =>
      choosesLook(before(whole, offset), after(whole, offset + run.length)) ? run.slice(0, 1) : "",
    )
    .replace(JOINERS, (run, offset: number, whole: string) =>
      joins(run.slice(0, 1), before(whole, offset), after(whole, offset + run.length)) ? run.slice(0, 1) : "",
    );
}

/** Reports whether `withoutNoise` may change a text. */
export function mayHoldNoise(text: string): boolean {
  return ANY_INVISIBLE.test(text);
}

const MAY_MATTER =
  /^(?:\u200c|\u200d|[\ufe00-\ufe0f\u{e0020}-\u{e007f}\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])$/u;
/** The flags of England, Scotland and Wales are a black flag, letters that are not seen, and an end. */
const TAGS = /(?<flag>\u{1f3f4}[\u{e0030}-\u{e007a}]+\u{e007f})|[\u{e0020}-\u{e007f}]/gu;
const SELECTORS = /[\ufe00-\ufe0f]+/gu;
const JOINERS = /[\u200c\u200d]+/gu;
const ZWJ = "\u200d";

const PICTURE = /^\p{Extended_Pictographic}$/u;
const OF_PICTURE = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u;
const KEY = /^[0-9#*]$/;
const KEYCAP = "\u20e3";
const HAN = /^\p{Script=Han}$/u;
/** Letters and marks of scripts in which joiners choose a letter's form. */
const JOINED =
  /^(?=[\p{L}\p{M}])[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const MARK = /^\p{M}$/u;

function choosesLook(previous: string, next: string): boolean {
  return PICTURE.test(previous) || HAN.test(previous) || (KEY.test(previous) && next === KEYCAP);
}

/** A mark before a joiner (a virama) may end a word: so some Indic letters are written. */
function joins(joiner: string, previous: string, next: string): boolean {
  if (joiner === ZWJ && OF_PICTURE.test(previous) && PICTURE.test(next)) return true;
  return JOINED.test(previous) && (JOINED.test(next) || MARK.test(previous));
}

function before(text: string, offset: number): string {
  return /.$/su.exec(text.slice(Math.max(0, offset - 2), offset))?.[0] ?? "";
}

function after(text: string, offset: number): string {
  const code = text.codePointAt(offset);
  return code === undefined ? "" : String.fromCodePoint(code);
}
