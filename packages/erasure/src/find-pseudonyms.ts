import type { Keyring } from "@lethe/privacy/privacy-key";
import { PSEUDONYM_PATTERN } from "@lethe/privacy/privacy-key";
import type { FindSuppression, Suppression } from "@lethe/privacy/suppression-list";
import type { PendingErasure } from "@lethe/warehouse/erasures/erasure-work";
import type { SearchedPeople } from "./searched-people.js";

const PSEUDONYM = new RegExp(PSEUDONYM_PATTERN, "g");

/** Records of people who had a pseudonym, and are being taken further. */
export interface PseudonymSearch {
  readonly findSuppression: FindSuppression;
  readonly people: SearchedPeople;
}

/**
 * Extends a search to the pseudonyms of people whose outcome leaves none: what an earlier erasure has left under a
 * pseudonym is the person's, too.
 */
export function findPseudonyms(
  { findSuppression, people }: PseudonymSearch,
  open: readonly PendingErasure[],
  ring: Keyring,
): PseudonymSearch {
  const known = new Map<string, Suppression & { readonly erasureId: string }>();
  for (const { id: erasureId, subjectId, outcome, keyId, pseudonyms } of open) {
    if (outcome === "pseudonymise") continue;
    const key = ring.all.find(({ id }) => id === keyId) ?? ring.current;
    for (const pseudonym of pseudonyms) known.set(pseudonym, { erasureId, subjectId, outcome, key });
  }
  if (known.size === 0) return { findSuppression, people };
  return {
    findSuppression: (customerId, email, name) =>
      (customerId === null ? undefined : known.get(customerId)) ?? findSuppression(customerId, email, name),
    people: {
      ...people,
      isEmpty: false,
      find(text) {
        const found = [...text.matchAll(PSEUDONYM)].flatMap(({ 0: word, index }) => {
          const erasureId = known.get(word)?.erasureId;
          const range = { start: index, end: index + word.length };
          return erasureId === undefined ? [] : [{ erasureId, kind: "customer-id" as const, ...range }];
        });
        return [...people.find(text), ...found];
      },
      ownerOf: (subject) =>
        (subject.customerId === null ? undefined : known.get(subject.customerId)?.erasureId) ?? people.ownerOf(subject),
    },
  };
}
