/**
 * The reasons for which a record is quarantined. Users filter and count by them, so the list is closed. The texts are for
 * people and never hold a value of the record.
 */
export const REJECT_REASONS = {
  schema: "The record does not have the fields and types of its dataset.",
  duplicate: "The same record was loaded before or stands in the same batch.",
  conflict: "A record with the same id and another content came first.",
  unknown_customer: "The customer is not in the warehouse yet.",
  unknown_sku: "A product of the purchase is not in the warehouse yet.",
  total_mismatch: "The sum of price times quantity over the lines is not the total cost.",
  refund:
    "The sale has a quantity or a total below zero, or a quantity of zero, and LETHE_REFUNDS does not accept refunds.",
  identity_mismatch: "The email of the erasure request is not the customer's email.",
  held: "A privacy officer must decide first whose record it is, or its person asked that it is not processed.",
  unsupported_format: "The file is of a kind that holds no records that can be read; the message says what to send.",
  unreadable: "The bytes could not be read: damaged, not UTF-8, or over a limit.",
} as const;

export type RejectReason = keyof typeof REJECT_REASONS;

/**
 * Whose matter a reject is: of the record, which is at fault; of another delivery, which brings what it refers to; of nobody, since
 * the record was loaded before; or of a person, who decides on it.
 */
export type RejectCause = "fault" | "late_reference" | "repeat" | "decision";

/** The cause of each reason. Faults and late references decide how a run ends. */
export const REJECT_CAUSES: Readonly<Record<RejectReason, RejectCause>> = {
  schema: "fault",
  duplicate: "repeat",
  conflict: "fault",
  unknown_customer: "late_reference",
  unknown_sku: "late_reference",
  total_mismatch: "fault",
  refund: "fault",
  identity_mismatch: "decision",
  held: "decision",
  unsupported_format: "fault",
  unreadable: "fault",
};

export const REJECT_REASON_NAMES = Object.keys(REJECT_REASONS) as RejectReason[];

/** The number of rejected records by reason. A reason that did not occur is absent. */
export type RejectCounts = Partial<Record<RejectReason, number>>;
