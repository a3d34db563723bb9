/** An amount in ten-thousandths of the currency's unit: a whole number, so that sums are exact. */
export type TenThousandths = number;

const SCALE = 4;
const ZERO = 0x30;

/** Money in the input: up to ten digits, and up to four behind the point, as text. The amount stays a safe integer. */
export const MONEY_PATTERN = "^\\d{1,10}(\\.\\d{1,4})?$";

/**
 * Reads an amount that has the form of MONEY_PATTERN (the caller has checked) without ever making a fraction of it.
 */
export function parseMoney(text: string): TenThousandths {
  let amount = 0;
  let decimals = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    // The point is all that is no digit.
    if (digit < 0) decimals = text.length - i - 1;
    else amount = amount * 10 + digit;
  }
  return amount * 10 ** (SCALE - decimals);
}

/** Multiplies an amount; undefined when the result is too large to be exact. */
export function multiplyMoney(amount: TenThousandths, factor: number): TenThousandths | undefined {
  const product = amount * factor;
  return Number.isSafeInteger(product) ? product : undefined;
}
