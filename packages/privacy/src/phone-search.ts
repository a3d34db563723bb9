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

// Digits with what people write between them.
const RUN = /\d(?:[\s().\-/+\u2010-\u2015\u2212]{0,4}\d)+/g;

/**
 * Creates an index of phone numbers. A number is found by its digits, whatever stands between them: with its country
 * (+44, 0044, 44), with the zero in brackets, or as it is dialled within its country.
 */
export function createPhoneIndex(
  phones: readonly { readonly erasureId: string; readonly value: string }[],
): PhoneIndex {
  const byEnd = new Map<string, { erasureId: string; digits: string }[]>();
  for (const { erasureId, value } of phones) {
    const digits = significantDigits(value);
    if (digits.length < LEAST_DIGITS) continue;
    const end = digits.slice(-LEAST_DIGITS);
    const others = byEnd.get(end) ?? [];
    if (!others.some((other) => other.erasureId === erasureId && other.digits === digits)) {
      byEnd.set(end, [...others, { erasureId, digits }]);
    }
  }
  return {
    isEmpty: byEnd.size === 0,
    find(text) {
      const found: FoundPhone[] = [];
      if (byEnd.size === 0) return found;
      for (const run of text.matchAll(RUN)) findInRun(run[0], run.index, found);
      return found;
    },
  };

  function findInRun(run: string, offset: number, found: FoundPhone[]): void {
    // The places in the run of its digits, and among those the places where a group of digits begins.
    const places: number[] = [];
    const begins: number[] = [];
    let digits = "";
    for (let i = 0; i < run.length; i++) {
      const character = run.charAt(i);
      if (character < "0" || character > "9") continue;
      if (places[places.length - 1] !== i - 1) begins.push(places.length);
      places.push(i);
      digits += character;
    }
    for (let group = 0; group < begins.length; group++) {
      const end = begins[group + 1] ?? digits.length;
      const others = end < LEAST_DIGITS ? undefined : byEnd.get(digits.slice(end - LEAST_DIGITS, end));
      for (let first = group; others !== undefined && first >= 0; first--) {
        const begin = begins[first] ?? 0;
        if (end - begin > MOST_DIGITS) break;
        for (const { erasureId, digits: known } of others) {
          if (!isSameNumber(digits.slice(begin, end), known)) continue;
          found.push({ erasureId, start: offset + (places[begin] ?? 0), end: offset + (places[end - 1] ?? 0) + 1 });
        }
      }
    }
  }
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
