import Type from "typebox";

/** Of what a date-time of RFC 3339 may be, PostgreSQL takes no year 0, no offset of 16 hours or more, and no text that is very long. */
const TAKEN = "^(?!0000)[^+]{11,}(?:[Zz]|[+-](?:0[0-9]|1[0-5]):[0-9]{2})$";
const MAX_LENGTH = 64;

/** An instant as a parameter of a query has it. */
export function instantQuery(description: string) {
  return Type.Optional(
    Type.String({
      format: "date-time",
      pattern: TAKEN,
      maxLength: MAX_LENGTH,
      description: `${description}: a year from 0001 to 9999, and an offset of less than 16 hours`,
    }),
  );
}
