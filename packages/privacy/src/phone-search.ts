export interface FoundPhone {
  readonly erasureId: string;
  readonly start: number;
  readonly end: number;
}

export interface PhoneIndex {
  readonly isEmpty: boolean;
  /** Returns the numbers that stand in a folded text. */
  find(text: string): FoundPhone[];
}

/** A number of fewer digits is that of many. */
const LEAST_DIGITS = 7;
const MOST_DIGITS = 18;

/** Characters that may stand between two digits of a number. */
const MOST_BETWEEN = 4;
const BETWEEN = /[\s().\-/+\u2010-\u2015\u2212]/;
const OTHER = 0;
const DIGIT = 1;
const GAP = 2;
const KINDS = new Uint8Array(0x10000);
for (let code = 0; code < 0x10000; code++) if (BETWEEN.test(String.fromCharCode(code))) KINDS[code] = GAP;
const ZERO = "0".charCodeAt(0);
for (let digit = 0; digit <= 9; digit++) KINDS[ZERO + digit] = DIGIT;

/**
 * Creates an index of phone numbers. A number is found by its digits, whatever stands between them: with its country
 * (+44, 0044, 44), with the zero in brackets, or as it is dialled within its country.
 */
export function createPhoneIndex(
  phones: readonly { readonly erasureId: string; readonly value: string }[],
): PhoneIndex {
  // By the last digits as a number: texts are full of digits, and to cut out strings of them takes longer.
  const byEnd = new Map<number, { erasureId: string; digits: string }[]>();
  for (const { erasureId, value } of phones) {
    const digits = significantDigits(value);
    if (digits.length < LEAST_DIGITS) continue;
    const end = Number(digits.slice(-LEAST_DIGITS));
    const others = byEnd.get(end) ?? [];
    if (!others.some((other) => other.erasureId === erasureId && other.digits === digits))
      others.push({ erasureId, digits });
    byEnd.set(end, others);
  }
  return {
    isEmpty: byEnd.size === 0,
    find(text) {
      const found: FoundPhone[] = [];
      if (byEnd.size === 0) return found;
      // The places of a run's digits: digits with what people write between them.
      let places: number[] = [];
      for (let i = 0, gap = 0; i < text.length; i++) {
        const kind = KINDS[text.charCodeAt(i)];
        if (kind === DIGIT) {
          places.push(i);
          gap = 0;
        } else if (places.length > 0 && (kind === OTHER || ++gap > MOST_BETWEEN)) {
          if (places.length >= LEAST_DIGITS) findInRun(text, places, found);
          places = [];
        }
      }
      if (places.length >= LEAST_DIGITS) findInRun(text, places, found);
      return found;
    },
  };

  function findInRun(text: string, places: readonly number[], found: FoundPhone[]): void {
    // Among the digits, those with which a group of them begins.
    const begins: number[] = [];
    for (let i = 0; i < places.length; i++) if (i === 0 || places[i - 1] !== (places[i] ?? 0) - 1) begins.push(i);
    for (let group = 0; group < begins.length; group++) {
      const end = begins[group + 1] ?? places.length;
      const others = end < LEAST_DIGITS ? undefined : byEnd.get(numberBefore(text, places, end));
      for (let first = group; others !== undefined && first >= 0; first--) {
        const begin = begins[first] ?? 0;
        if (end - begin > MOST_DIGITS) break;
        const digits = places.slice(begin, end).map((place) => text.charAt(place));
        for (const { erasureId, digits: known } of others) {
          if (!isSameNumber(digits.join(""), known)) continue;
          found.push({ erasureId, start: places[begin] ?? 0, end: (places[end - 1] ?? 0) + 1 });
        }
      }
    }
  }
}

/** Returns the number that the last digits before the `end`-th one make. */
function numberBefore(text: string, places: readonly number[], end: number): number {
  let number = 0;
  for (let i = end - LEAST_DIGITS; i < end; i++) number = number * 10 + text.charCodeAt(places[i] ?? 0) - ZERO;
  return number;
}

/** Returns a number's digits without its extension, the zero in brackets, and the zeros that it begins with. */
function significantDigits(value: string): string {
  const [main = ""] = value.toLowerCase().split(/\s*(?:x|ext|#)/);
  return main.replace(/\(0\)/g, "").replace(/\D/g, "").replace(/^0+/, "");
}

/** Reports whether two numbers differ by their country's digits at most, or by the zero that stands behind those. */
function isSameNumber(written: string, known: string): boolean {
  const digits = written.replace(/^0+/, "");
  const [long, short] = digits.length >= known.length ? [digits, known] : [known, digits];
  if (short.length < LEAST_DIGITS) return false;
  if (long.endsWith(short) && long.length - short.length <= 4) return true;
  // +44 (0)808 as digits alone: the zero stands between the country and the rest.
  return [1, 2, 3].some((country) => {
    return digits.charAt(country) === "0" && digits.slice(0, country) + digits.slice(country + 1) === known;
  });
}
