/** An amount in ten-thousandths of the currency's unit: a whole number, so that sums are exact. */
export type TenThousandths = number;

const SCALE = 4;

/** Money in the input: up to ten digits, and up to four behind the point, as text. The amount stays a safe integer. */
export const MONEY_PATTERN = "^\\d{1,10}(\\.\\d{1,4})?$";

/**
 * Reads an amount that has the form of MONEY_PATTERN (the caller has checked) without ever making a fraction of it.
 */
export function parseMoney(text: string): TenThousandths {
  const point = text.indexOf(".");
  if (point === -1) return Number(text) * 10 ** SCALE;
  const fraction = text.slice(point + 1);
  return Number(text.slice(0, point)) * 10 ** SCALE + Number(fraction) * 10 ** (SCALE - fraction.length);
}

/** Multiplies an amount; undefined when the result is too large to be exact. */
export function multiplyMoney(amount: TenThousandths, factor: number): TenThousandths | undefined {
  const product = amount * factor;
  return Number.isSafeInteger(product) ? product : undefined;
}
