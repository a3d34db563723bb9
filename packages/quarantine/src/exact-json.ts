/**
 * Parses a record's text. Returns undefined for what is no JSON, and for a text of which JavaScript would lose something: a number
 * that no double holds exactly would be written back as another one.
 */
export function parseExactly(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    const numbers = text.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g) ?? [];
    return numbers.every(isExact) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reports whether a double has the number's digits: 15 of them it always has. */
function isExact(number: string): boolean {
  const [digits = "", exponent = "0"] = number.toLowerCase().split("e");
  return digits.replace(/\D/g, "").replace(/^0+/, "").length <= 15 && Math.abs(Number(exponent)) <= 290;
}
