import type { MaskingStrategy } from "@lethe/privacy/mask-value";
import { dayOf } from "./cleaning/day.js";

/**
 * What the outcome `unlink` leaves of a field. `record-id`: a random UUID takes the place of the record's own id, which is
 * one, and a keyed hash of that is kept, so that an old file does not bring the record once more. A function: what it
 * returns of the value.
 */
export type Unlink = "record-id" | ((value: unknown) => unknown);

/** Values of these fields are searched for in all that Lethe keeps; a postcode together with a street alone. */
export type SearchedField = "phone" | "address" | "postcode";

/** What an input field says of a person, and what becomes of it when the person is erased. */
export type FieldDeclaration = {
  /** The strategy of the policy that comes with Lethe. */
  readonly mask: MaskingStrategy;
  /** The strategies that a policy may choose from: those whose result the field's columns can hold. */
  readonly strategies: readonly MaskingStrategy[];
  /** What `unlink` leaves of it; without it, nothing of what is about people, and the value of all else. */
  readonly unlink?: Unlink;
} & (
  | { readonly kind: "identifying"; readonly of: "customer-id" | "email" }
  | { readonly kind: "personal"; readonly isName?: boolean; readonly search?: SearchedField }
  | { readonly kind: "neither" }
);

const TEXT = ["null", "redact", "hmac", "sha256", "keep"] as const;

/** A field that is not about a person, or that must not change if sales figures are to stay right. */
export const notPersonal: FieldDeclaration = { kind: "neither", mask: "keep", strategies: ["keep"] };

/** A customer's id. An erasure finds a person's records by the pseudonym, so no other strategy is possible. */
export const customerId: FieldDeclaration = {
  kind: "identifying",
  of: "customer-id",
  mask: "hmac",
  strategies: ["hmac"],
};

export const email: FieldDeclaration = { kind: "identifying", of: "email", mask: "null", strategies: TEXT };

export const personalText: FieldDeclaration = { kind: "personal", mask: "null", strategies: TEXT };

/** A part of a person's name; the parts in the order of their declaration make up the full name. */
export const personalName: FieldDeclaration = { ...personalText, kind: "personal", isName: true };

export const personalPhone: FieldDeclaration = { ...personalText, kind: "personal", search: "phone" };

/** A street with its number, or a whole address, on one line or several. */
export const personalAddress: FieldDeclaration = { ...personalText, kind: "personal", search: "address" };

export const personalPostcode: FieldDeclaration = {
  ...personalText,
  kind: "personal",
  search: "postcode",
  strategies: [...TEXT, "generalize"],
};

export const personalDate: FieldDeclaration = {
  kind: "personal",
  mask: "generalize",
  strategies: ["null", "generalize", "keep"],
};

/** The id of a record that counts once. It must be a UUID. */
export const recordId: FieldDeclaration = { ...notPersonal, unlink: "record-id" };

/** An instant, of which `unlink` leaves the day. */
export const instant: FieldDeclaration = { ...notPersonal, unlink: dayOf };

/** Returns the declaration of a field of which `unlink` leaves what the function returns. */
export function unlinkedTo(field: FieldDeclaration, unlink: (value: unknown) => unknown): FieldDeclaration {
  return { ...field, unlink };
}

/** Returns the declaration of a personal field that stays as it is unless a policy says otherwise. */
export function keptByDefault(field: FieldDeclaration): FieldDeclaration {
  return { ...field, mask: "keep" };
}
