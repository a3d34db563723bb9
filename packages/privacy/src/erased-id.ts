import { randomBytes } from "node:crypto";

/** The id of the one customer whom all unlinked records refer to. No person bears it. */
export const ERASED_ID = "erased";

/** The form of the ids under which emptied rows stand, as a regular expression's source. */
const EMPTY_ROW_PATTERN = "e_[0-9a-f]{20}";

/** The form of all ids that `unlink` leaves, for a regular expression of JavaScript or PostgreSQL. */
export const ERASED_ID_PATTERN = `^(${ERASED_ID}|${EMPTY_ROW_PATTERN})$`;

const ERASED = new RegExp(ERASED_ID_PATTERN);

/** Returns a random id for a row that `unlink` has emptied. It says nothing of the row, and is used once. */
export function randomErasedId(): string {
  return `e_${randomBytes(10).toString("hex")}`;
}

/** Reports whether an id is one that `unlink` leaves, and so nobody's. */
export function isErasedId(id: string | null): boolean {
  return id !== null && ERASED.test(id);
}
