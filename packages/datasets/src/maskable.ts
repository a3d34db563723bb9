import type { MaskingStrategy } from "@lethe/privacy/mask-value";

/** What can become of a field when its person is erased, by the kind of its value. */
export const MASKABLE = {
  /** A customer's id: an erasure finds a person's records by the pseudonym, so there is no other way. */
  customerId: ["hmac"],
  text: ["null", "redact", "hmac", "sha256", "keep"],
  postcode: ["null", "redact", "hmac", "sha256", "generalize", "keep"],
  date: ["null", "generalize", "keep"],
  /** What is not about a person, or must not change for sales figures to stay right. */
  kept: ["keep"],
} as const satisfies Readonly<Record<string, readonly MaskingStrategy[]>>;
