import { createHash } from "node:crypto";
import { hasEmail, replaceEmails } from "./email-in-text.js";
import { isPseudonym, type PrivacyKey, pseudonym } from "./privacy-key.js";

export const MASKING_STRATEGIES = ["null", "hmac", "sha256", "redact", "generalize", "keep"] as const;

/**
 * - `null`: nothing is left;
 * - `hmac`: a pseudonym, the same for the same value, which only the key's holder could match by trying;
 * - `sha256`: a plain hash, which anybody can match by trying likely values: for what is no secret;
 * - `redact`: a fixed text that says something was here;
 * - `generalize`: a date to its year (1 January), a postcode to its outward part;
 * - `keep`: as it is, but for emails: whatever field they stand in, they are somebody's.
 */
export type MaskingStrategy = (typeof MASKING_STRATEGIES)[number];

export const REDACTED = "[erased]";

/**
 * Masks one value of a record, which may be of any JSON type. What has no coarser form is not kept by `generalize`: it
 * becomes null. A value that is masked already stays as it is.
 */
export function maskValue(strategy: MaskingStrategy, value: unknown, key: PrivacyKey): unknown {
  if (value === null || value === undefined) return value;
  switch (strategy) {
    case "keep":
      return keepWithoutEmails(value);
    case "null":
      return null;
    case "redact":
      return REDACTED;
    case "hmac":
      // Masking twice must not give a pseudonym of a pseudonym: who is masked once stays the same person.
      return isPseudonym(value) ? value : pseudonym(key, textOf(value));
    case "sha256":
      return isSha256(value) ? value : createHash("sha256").update(textOf(value)).digest("hex");
    case "generalize":
      return typeof value === "string" ? generalize(value) : null;
  }
}

function keepWithoutEmails(value: unknown): unknown {
  if (typeof value === "string") return replaceEmails(value, () => REDACTED);
  return typeof value === "object" && hasEmail(JSON.stringify(value)) ? REDACTED : value;
}

/** JSON's text for what is none: String() throws for an object that has a field `toString`. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isSha256(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function generalize(value: string): string | null {
  const text = value.trim();
  const year = /^(\d{4})-\d{2}-\d{2}$/.exec(text)?.[1];
  if (year !== undefined) return `${year}-01-01`;
  // The outward part of UK postcodes ("SW1A" of "SW1A 1AA") and the routing key of Irish ones ("D06" of "D06 F1X2").
  const outward =
    /^([A-Z]{1,2}\d[A-Z\d]?)(?:\s*\d[A-Z]{2})?$/i.exec(text) ?? /^([A-Z]\d[\dW])(?:\s*[A-Z\d]{4})?$/i.exec(text);
  return outward?.[1]?.toUpperCase() ?? null;
}
