/** Characters that nobody sees: controls but white space, and what formats text (zero-width spaces and joiners, marks of direction). */
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}]|[\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufeff]|\u034f|[\ufe00-\ufe0f]/gu;

/** Returns a text without the characters that nobody sees. White space stays. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, "");
}
