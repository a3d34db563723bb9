/**
 * Replaces control characters in a text with visible escapes such as `\x1b`, because file names come from outside and
 * a terminal would obey them.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
