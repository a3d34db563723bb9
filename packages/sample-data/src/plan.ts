import type { Partition } from "@lethe/contracts/partition";
import { hoursOf, type Spread, spreadOver } from "./calendar.js";
import { CUSTOMER_DEFECTS, type CustomerDefect } from "./customer-record.js";
import { DEFECTS, type DefectPlan, planDefects } from "./defects.js";
import type { ResolvedOptions } from "./options.js";
import { PRODUCT_DEFECTS, type ProductDefect } from "./product-record.js";
import { TRANSACTION_DEFECTS, type TransactionDefect } from "./transaction-record.js";

const HOURS_A_DAY = 24;

/** What stands where: everything that is decided before the first record is made. Hours are indices into `hours`. */
export interface Plan {
  readonly options: ResolvedOptions;
  readonly hours: readonly Partition[];
  readonly customers: Spread;
  readonly products: Spread;
  readonly transactions: Spread;
  readonly customerDefect: DefectPlan<CustomerDefect>;
  readonly productDefect: DefectPlan<ProductDefect>;
  readonly transactionDefect: DefectPlan<TransactionDefect>;
  /** The hour whose only file of customers is empty, and the one whose only file of transactions is cut off. */
  readonly emptyFileHour: number | undefined;
  readonly tornFileHour: number | undefined;
  readonly erasureHour: number;
}

/**
 * Creates the plan of a generated data set: how many records of each dataset fall into which hour, which records
 * carry which defect, and which hours have an empty file, a truncated file and the erasure requests.
 */
export function makePlan(options: ResolvedOptions): Plan {
  const hours = hoursOf(options.startDate, options.days);
  const all = hours.map((_, hour) => hour);
  const lastDay = hours.length - HOURS_A_DAY;
  const emptyFileHour = options.defectRate > 0 ? lastDay + 3 : undefined;
  const tornFileHour = options.defectRate > 0 ? lastDay + 5 : undefined;

  const hourly = options.layout === "hourly";
  const spread = (count: number, active: number[]) => spreadOver(count, hourly ? active : [0], hours.length);
  return {
    options,
    hours,
    customers: spread(
      options.customers,
      all.filter((hour) => hour !== emptyFileHour),
    ),
    products: spread(
      options.products,
      all.filter((hour) => hour % HOURS_A_DAY === 0),
    ),
    transactions: spread(
      options.transactions,
      all.filter((hour) => hour !== tornFileHour),
    ),
    customerDefect: planDefects(CUSTOMER_DEFECTS, options.customers, options.defectRate),
    productDefect: planDefects(PRODUCT_DEFECTS, options.products, options.defectRate),
    transactionDefect: planDefects(TRANSACTION_DEFECTS, options.transactions, options.defectRate),
    emptyFileHour,
    tornFileHour,
    erasureHour: hourly ? lastDay : 0,
  };
}

/** Reports whether the customer of an index stands in the files with all that is required. */
export function isSoundCustomer(plan: Plan, index: number): boolean {
  const defect = plan.customerDefect(index);
  return defect === undefined || DEFECTS[defect].rejectedAs !== "schema";
}
