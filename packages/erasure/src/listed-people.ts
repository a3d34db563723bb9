import { identifiersInText } from "@lethe/privacy/identifiers-in-text";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { SearchedPeople } from "./searched-people.js";

/**
 * Creates a search for everybody on the suppression list. The list holds hashes alone, so that ids and emails are found, in
 * any escape, and names and other values are not. `erasureOf` gives what a finding of a subject is reported under.
 */
export function createListedPeople(
  findSuppression: FindSuppression,
  erasureOf: (subjectId: string) => string | undefined,
): SearchedPeople {
  return {
    isEmpty: false,
    find: (text) =>
      [...identifiersInText(text, findSuppression)].flatMap(({ kind, suppression, start, end }) => {
        const erasureId = erasureOf(suppression.subjectId);
        return erasureId === undefined ? [] : [{ erasureId, kind, start, end }];
      }),
    ownerOf({ customerId, email, name }) {
      const suppression = findSuppression(customerId, email, name);
      return suppression === undefined ? undefined : erasureOf(suppression.subjectId);
    },
    ownerOfRecord: () => undefined,
    mayHoldCorrected: () => false,
    ownersOfName: () => [],
    ownersOfFile: () => [],
  };
}

/** What everybody whose erasure is completed is found under. */
export const COMPLETED = "completed";
