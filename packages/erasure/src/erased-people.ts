import { isErasedId } from "@lethe/privacy/erased-id";
import { identifiersInText } from "@lethe/privacy/identifiers-in-text";
import { isPseudonym, pseudonym } from "@lethe/privacy/privacy-key";
import type { FindSuppression } from "@lethe/privacy/suppression-list";
import type { ErasedSubject } from "./erased-subject.js";
import { createPlaceTally, type PlaceTally } from "./place-tally.js";

/** The people of one erasure: whose a record is, and what was masked of whom. */
export interface ErasedPeople {
  ids(): string[];
  emails(): string[];
  /** Returns whose a record of this id and email is. An email decides only where there is no id. */
  find(customerId: string | null, email: string | null): ErasedSubject | undefined;
  /** Returns who uses an email. */
  findByEmail(email: string | null): ErasedSubject | undefined;
  /** Returns whom a text mentions that is no record, and by which id. */
  findMentioned(text: string): { person: ErasedSubject; customerId: string | null } | undefined;
  /** Counts a record that was masked at a place. */
  count(person: ErasedSubject, place: string, values: number): void;
  results(): readonly {
    readonly erasureId: string;
    readonly pseudonyms: readonly string[];
    readonly tally: PlaceTally;
  }[];
}

/** Creates the lookup of the people who are being erased. */
export function createErasedPeople(subjects: readonly ErasedSubject[]): ErasedPeople {
  const byId = new Map(
    subjects.flatMap((subject) => subject.ids.filter((id) => !isErasedId(id)).map((id) => [id, subject] as const)),
  );
  const byEmail = new Map(subjects.flatMap((subject) => subject.emails.map((email) => [email, subject] as const)));
  const tallies = new Map(subjects.map(({ erasureId }) => [erasureId, createPlaceTally()]));
  const find: ErasedPeople["find"] = (customerId, email) =>
    customerId !== null ? byId.get(customerId) : email === null ? undefined : byEmail.get(email);
  const findSuppression: FindSuppression = (customerId, email) =>
    (customerId === null ? undefined : byId.get(customerId)) ?? (email === null ? undefined : byEmail.get(email));
  return {
    ids: () => [...byId.keys()],
    emails: () => [...byEmail.keys()],
    find,
    findByEmail: (email) => (email === null ? undefined : byEmail.get(email)),
    findMentioned(text) {
      for (const { kind, value } of identifiersInText(text, findSuppression)) {
        const person = kind === "email" ? byEmail.get(value) : byId.get(value);
        if (person === undefined) continue;
        return { person, customerId: person.ids.find((id) => text.includes(id)) ?? person.ids[0] ?? null };
      }
      return undefined;
    },
    count(person, place, values) {
      tallies.get(person.erasureId)?.add(place, values);
    },
    results: () =>
      subjects.map(({ erasureId, key, pseudonym: own, ids }) => ({
        erasureId,
        pseudonyms: [...new Set([own, ...ids.map((id) => (isPseudonym(id) ? id : pseudonym(key, id)))])],
        tally: tallies.get(erasureId) ?? createPlaceTally(),
      })),
  };
}
