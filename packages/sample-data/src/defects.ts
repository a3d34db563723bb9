import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";

export interface Defect {
  readonly dataset: DatasetName;
  /** The reason under which Lethe must set the record aside; null when it must load. */
  readonly rejectedAs: RejectReason | null;
  /** Whether it makes a whole file unreadable, so that it counts as no record. */
  readonly isOfFile?: true;
  readonly description: string;
}

/** Every kind of trouble that generated files hold. */
export const DEFECTS = {
  null_first_name: { dataset: "customers", rejectedAs: "schema", description: "first name is null" },
  null_last_name: { dataset: "customers", rejectedAs: "schema", description: "last name is null" },
  null_email: { dataset: "customers", rejectedAs: "schema", description: "email is null" },
  repeated_customer: {
    dataset: "customers",
    rejectedAs: "duplicate",
    description: "the same customer record again in a later file",
  },
  newer_customer: {
    dataset: "customers",
    rejectedAs: null,
    description: "a known customer with a newer `last_change` and another address: the old one becomes history",
  },
  untidy_email: { dataset: "customers", rejectedAs: null, description: "email in mixed case with spaces around" },
  long_phone: { dataset: "customers", rejectedAs: null, description: "phone number of 22 characters" },
  leading_zero_id: { dataset: "customers", rejectedAs: null, description: "id that starts with a zero" },
  address_newline: { dataset: "customers", rejectedAs: null, description: "address of two lines" },
  empty_file: { dataset: "customers", rejectedAs: null, description: "file without a record" },
  null_product_name: { dataset: "products", rejectedAs: "schema", description: "product name is null" },
  zero_price: { dataset: "products", rejectedAs: "schema", description: "price is 0.00" },
  zero_popularity: { dataset: "products", rejectedAs: "schema", description: "popularity is 0" },
  repeated_in_file: {
    dataset: "transactions",
    rejectedAs: "duplicate",
    description: "the same transaction again in the same file",
  },
  repeated_in_later_file: {
    dataset: "transactions",
    rejectedAs: "duplicate",
    description: "the same transaction again in a later file",
  },
  unknown_customer: {
    dataset: "transactions",
    rejectedAs: "unknown_customer",
    description: "customer that stands in no file",
  },
  unknown_sku: { dataset: "transactions", rejectedAs: "unknown_sku", description: "product that stands in no file" },
  wrong_total: {
    dataset: "transactions",
    rejectedAs: "total_mismatch",
    description: "total cost that is not the sum of the lines",
  },
  unknown_field: { dataset: "transactions", rejectedAs: "schema", description: "field that the dataset does not have" },
  broken_line: { dataset: "transactions", rejectedAs: "unreadable", description: "line cut off within its JSON" },
  truncated_gzip: {
    dataset: "transactions",
    rejectedAs: "unreadable",
    isOfFile: true,
    description: "gzip file cut off; its records are in no other count",
  },
  repeated_request: {
    dataset: "erasure-requests",
    rejectedAs: "duplicate",
    description: "the same request in the `.json` and the `.json.gz` file of one hour",
  },
  request_email_mismatch: {
    dataset: "erasure-requests",
    rejectedAs: "identity_mismatch",
    description: "request whose email is not the customer's",
  },
  request_of_rejected_customer: {
    dataset: "erasure-requests",
    rejectedAs: null,
    description: "request of a person who was rejected as a customer",
  },
} as const satisfies Record<string, Defect>;

export type DefectName = keyof typeof DEFECTS;
export const DEFECT_NAMES = Object.keys(DEFECTS) as DefectName[];

/** Reports which defect, if any, the record of an index bears. */
export type DefectPlan<N extends DefectName> = (index: number) => N | undefined;

/**
 * Plants defects evenly: each comes once in every `1 / rate` records, and at least once where `count` records leave
 * room for all of them. The first record bears none, so there is always something sound to refer to.
 * A rate of 0 plants none.
 */
export function planDefects<N extends DefectName>(names: readonly N[], count: number, rate: number): DefectPlan<N> {
  if (rate === 0) return () => undefined;
  const period = Math.max(2 * names.length, Math.min(Math.round(1 / rate), count));
  const bySlot = new Map(names.map((name, i) => [Math.floor(((i + 0.5) * period) / names.length), name]));
  return (index) => bySlot.get(index % period);
}
