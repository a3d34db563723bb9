/**
 * Returns a text in the one form in which texts are compared: without invisible characters, in one normal form, and
 * without upper case. Two spellings of the same value (NFC and NFD, full-width letters, other case) fold to one text.
 */
export function foldText(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const visible = text.replace(INVISIBLE, "").normalize("NFKC");
  // Upper case first: it knows one form of letters (ß, ſ, ς) that lower case would leave apart. A letter of the other
  // case may compose with a mark that the first one did not, so the normal form comes again.
  return visible
    .toUpperCase()
    .toLowerCase()
    .replaceAll("ς", "σ")
    .replaceAll("。", ".")
    .replaceAll("i\u0307", "i")
    .normalize("NFKC");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII begins with them.
const ASCII = /^[\x00-\x7f]*$/;

// Characters that are not seen: format characters (Cf), variation selectors, and fillers that fonts show as nothing.
const INVISIBLE = /\p{Cf}|\p{Variation_Selector}|\p{Default_Ignorable_Code_Point}/gu;
