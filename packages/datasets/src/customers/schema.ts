import { ERASED_ID } from "@lethe/privacy/erased-id";
import { PSEUDONYM_PATTERN } from "@lethe/privacy/privacy-key";
import Type, { type Static } from "typebox";

const OptionalText = Type.Union([Type.String(), Type.Null()]);
const RequiredText = Type.String({ pattern: "\\S", description: "text that is not blank" });
const OptionalDate = Type.Union([Type.String({ maxLength: 200 }), Type.Null()]);

/** A customer's id: six digits, of which leading zeros matter; or the pseudonym of one who was erased. */
export const CUSTOMER_ID_PATTERN = `^(\\d{6}|${PSEUDONYM_PATTERN})$`;

/** What refers to a customer may also refer to the shared one, whom all unlinked records have in common. */
export const CUSTOMER_REFERENCE_PATTERN = `^(\\d{6}|${PSEUDONYM_PATTERN}|${ERASED_ID})$`;

export const CUSTOMER_FIELDS = {
  id: Type.String({ pattern: CUSTOMER_ID_PATTERN, description: "six digits" }),
  first_name: RequiredText,
  last_name: RequiredText,
  date_of_birth: Type.Optional(OptionalDate),
  email: Type.String({ pattern: "^\\s*[^\\s@]+@[^\\s@]+\\s*$", description: "an email address" }),
  phone_number: Type.Optional(OptionalText),
  address: Type.Optional(OptionalText),
  city: Type.Optional(OptionalText),
  country: Type.Optional(OptionalText),
  postcode: Type.Optional(OptionalText),
  last_change: Type.Optional(OptionalDate),
  segment: Type.Optional(OptionalText),
} as const;

const CustomerSchema = Type.Object(CUSTOMER_FIELDS);
export type RawCustomer = Static<typeof CustomerSchema>;
