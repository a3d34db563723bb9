import { InvalidInputError } from "@lethe/contracts/errors";
import { isCalendarDate } from "@lethe/contracts/partition";

export interface GenerateOptions {
  /** Folder that gets the `date=…` folders; it must not hold any yet. */
  readonly out: string;
  /** Days of input, from `startDate` on; 24 partitions each. */
  readonly days: number;
  /** Different persons, those with defects included. At most 900,000: ids have six digits. */
  readonly customers: number;
  /** Different transactions, those with defects included; each has about 3.07 lines. */
  readonly transactions: number;
  /** An unsigned 32-bit integer; the same options with the same seed give the same bytes. */
  readonly seed: number;
  /** First day, `YYYY-MM-DD`; default 2020-01-01. */
  readonly startDate?: string | undefined;
  /** Different products, those with defects included. Default 40 for each day, at most 80,000. */
  readonly products?: number | undefined;
  /** Effective erasure requests. Default 3, and 1 more for each 10,000 customers. */
  readonly erasureRequests?: number | undefined;
  /** The share of records that bear each kind of defect, 0 to 0.05; default 0.005; 0 gives input without defects. */
  readonly defectRate?: number | undefined;
  /** Default `json.gz`. */
  readonly format?: GenerateFormat | undefined;
  /**
   * `hourly` (default): as the source delivers. `single-file`: each dataset as one file in the first hour; only
   * records planted to come again later, and damaged files, stand in later hours.
   */
  readonly layout?: GenerateLayout | undefined;
}

export const GENERATE_FORMATS = ["json", "json.gz"] as const;
export type GenerateFormat = (typeof GENERATE_FORMATS)[number];

export const GENERATE_LAYOUTS = ["hourly", "single-file"] as const;
export type GenerateLayout = (typeof GENERATE_LAYOUTS)[number];

/** Ids of six digits that customers may have; the rest of the million is for those who stand in no file. */
export const MAX_CUSTOMERS = 900_000;
/** Skus of five digits that products may have; the rest of the ninety thousand is for those that stand in no file. */
export const MAX_PRODUCTS = 80_000;

export type ResolvedOptions = { readonly [K in keyof GenerateOptions]-?: NonNullable<GenerateOptions[K]> };

/** Fills in the defaults. Throws InvalidInputError, naming the option and its limits, when one is out of them. */
export function resolveOptions(options: GenerateOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    out: options.out,
    days: options.days,
    customers: options.customers,
    transactions: options.transactions,
    seed: options.seed,
    startDate: options.startDate ?? "2020-01-01",
    products: options.products ?? Math.min(40 * options.days, MAX_PRODUCTS),
    erasureRequests: options.erasureRequests ?? Math.min(3 + Math.floor(options.customers / 10_000), options.customers),
    defectRate: options.defectRate ?? 0.005,
    format: options.format ?? "json.gz",
    layout: options.layout ?? "hourly",
  };
  requireInteger("days", resolved.days, 1, 3_660);
  requireInteger("customers", resolved.customers, 1, MAX_CUSTOMERS);
  requireInteger("transactions", resolved.transactions, 0, 1_000_000_000);
  requireInteger("seed", resolved.seed, 0, 2 ** 32 - 1);
  requireInteger("products", resolved.products, 1, MAX_PRODUCTS);
  requireInteger("erasureRequests", resolved.erasureRequests, 0, resolved.customers);
  if (!(resolved.defectRate >= 0 && resolved.defectRate <= 0.05)) {
    throw new InvalidInputError("defectRate must be a number from 0 to 0.05");
  }
  if (!isCalendarDate(resolved.startDate)) {
    throw new InvalidInputError("startDate must be a day as YYYY-MM-DD");
  }
  return resolved;
}

function requireInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidInputError(`${name} must be an integer from ${min} to ${max}`);
  }
}
