import { keyedHash } from "@lethe/privacy/privacy-key";
import type { NewSuppression } from "@lethe/warehouse/suppress-subjects";
import type { SubjectComponent } from "./subject-graph.js";
import type { KnownSubject } from "./suppressed-subjects.js";

/** What identifies a data subject, as records bear it. */
export type Identifiers = Pick<SubjectComponent, "ids" | "emails" | "names" | "sharedEmails">;

/**
 * Returns the rows of the suppression list for all identifiers of a data subject who is erased. An email that somebody else has
 * as well is the subject's only together with another of their identifiers.
 */
export function suppressionsOf({ subjectId, key }: KnownSubject, identifiers: Identifiers): NewSuppression[] {
  const { ids, emails, names, sharedEmails } = identifiers;
  const row = (act: "erase" | "release", kind: NewSuppression["kind"], value: string): NewSuppression => ({
    ...{ subjectId, act, kind, key: keyedHash(key, kind, value), keyId: key.id },
  });
  return [
    ...ids.map((id) => row("erase", "customer-id", id)),
    ...emails.map((email) => row(sharedEmails.includes(email) ? "release" : "erase", "email", email)),
    ...names.map((name) => row("erase", "name", name)),
  ];
}
