import { IdentityDoubtError, InvalidInputError, NotFoundError } from "@lethe/contracts/errors";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { canonicalCustomerId } from "@lethe/privacy/canonical-customer-id";
import { canonicalEmail } from "@lethe/privacy/canonical-email";
import type { Queryable } from "@lethe/warehouse/pool";
import { findSubject } from "./subject-closure.js";
import type { SubjectComponent } from "./subject-graph.js";

/** How somebody says who they are. */
export interface Claim {
  readonly customerId: string;
  readonly email: string;
  /** Whether a person has found out otherwise who it is, and that all records under the id are theirs. */
  readonly identityChecked?: boolean | undefined;
}

/**
 * Finds the data subject of a customer id and email, for a right that takes no decision later: the email must be or have been the
 * id's, and both must be nobody else's, unless a person has checked who it is. Throws NotFoundError where nothing is held under the id, and IdentityDoubtError, which
 * quotes nothing, where it may be somebody else who asks (GDPR Art. 12(6)).
 */
export async function identifySubject(db: Queryable, datasets: Datasets, claim: Claim): Promise<SubjectComponent> {
  const customerId = canonicalCustomerId(claim.customerId);
  if (customerId === null) throw new InvalidInputError("the customer id is none");
  const email = canonicalEmail(claim.email);
  const subject = await findSubject(db, datasets, { customerId });
  if (subject.records.length === 0) throw new NotFoundError("nothing is held under this customer id");
  if (claim.identityChecked === true) return subject;
  if (!subject.emails.includes(email)) {
    throw new IdentityDoubtError("the email is not and was not the customer's: ask who it is before you go on");
  }
  if (subject.reusedIds.length > 0 || subject.sharedEmails.includes(email)) {
    throw new IdentityDoubtError(
      "records of more than one person have this customer id or email: ask who it is before you go on",
    );
  }
  return subject;
}

/** Returns the subject's emails that nobody else has: whose records are the subject's, whatever id they have. */
export function ownEmails({ emails, sharedEmails }: SubjectComponent): string[] {
  return emails.filter((email) => !sharedEmails.includes(email));
}
