/** What becomes of a sale with a quantity or a total below zero, or a quantity of zero (`LETHE_REFUNDS`). */
export const REFUND_MODES = ["reject", "accept"] as const;
export type RefundMode = (typeof REFUND_MODES)[number];
