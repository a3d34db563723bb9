/** An amount in ten-thousandths of the currency's unit: a whole number, so that sums are exact. */
export type TenThousandths = number;

const SCALE = 4;
const ZERO = 0x30;
const MINUS = 0x2d;

/** Money in the input: up to ten digits, and up to four behind the point, as text. The amount stays a safe integer. */
export const MONEY_PATTERN = "^\\d{1,10}(\\.\\d{1,4})?$";

/** The same, or less than zero. */
export const SIGNED_MONEY_PATTERN = "^-?\\d{1,10}(\\.\\d{1,4})?$";

/**
 * Reads an amount that has the form of SIGNED_MONEY_PATTERN (the caller has checked) without ever making a fraction of it.
 */
export function parseMoney(text: string): TenThousandths {
  let amount = 0;
  let decimals = 0;
  const isNegative = text.charCodeAt(0) === MINUS;
  for (let i = isNegative ? 1 : 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    // The point is all that is no digit.
    if (digit < 0) decimals = text.length - i - 1;
    else amount = amount * 10 + digit;
  }
  const size = amount * 10 ** (SCALE - decimals);
  // Zero has no sign.
  return isNegative && size > 0 ? -size : size;
}

/** Returns an amount of that form without the sign that zero does not have. */
export function withoutSignOfZero(text: string): string {
  return text.charCodeAt(0) === MINUS && parseMoney(text) === 0 ? text.slice(1) : text;
}

/** Multiplies an amount; undefined when the result is too large to be exact. */
export function multiplyMoney(amount: TenThousandths, factor: number): TenThousandths | undefined {
  const product = amount * factor;
  return Number.isSafeInteger(product) ? product : undefined;
}
