import { randomUUID } from "node:crypto";
import { keyedHash, pseudonym } from "@lethe/privacy/privacy-key";
import { addErasures } from "@lethe/warehouse/erasures/erasure-work";
import { mootQuestions, releaseQuestions } from "@lethe/warehouse/erasures/questions";
import type { Client } from "@lethe/warehouse/pool";
import { raiseEpoch } from "@lethe/warehouse/suppress-subjects";
import { collectValues } from "./collect-values.js";
import type { ErasureContext } from "./context.js";
import type { ErasedSubject } from "./erased-subject.js";
import { maskPersonRecords } from "./mask-person-records.js";
import { type AcceptedRequest, suppress } from "./resolve-requests.js";
import type { SubjectComponent } from "./subject-graph.js";
import { writeSubjectValues } from "./subject-values.js";
import type { KnownSubject } from "./suppressed-subjects.js";

/** An erasure that begins: of one data subject, or of what else has turned out to be theirs. */
export interface NewErasure {
  readonly kind: "request" | "follow-up" | "reapply";
  readonly subject: KnownSubject;
  readonly component: Pick<SubjectComponent, "ids" | "emails" | "names" | "sharedEmails">;
  /** The id that the erasure is known by, and the email, for the keyed hashes beside it. */
  readonly ownId: string;
  readonly email: string;
  readonly requestedAt: Date;
  readonly fileId: number;
  /** The request as it stood in quarantine until a person decided. */
  readonly quarantineId: number | null;
}

/** The run that brings erasures, and the policy that applies to them. */
export interface ErasureOrigin {
  readonly runId: string;
  readonly policyVersion: string;
}

/**
 * Takes accepted requests in and masks what the database holds of their people, in the transaction of the load. Their identifiers
 * have been suppressed; those that have turned up since are suppressed here.
 */
export async function eraseAccepted(
  client: Client,
  context: ErasureContext,
  accepted: readonly AcceptedRequest[],
  origin: ErasureOrigin,
): Promise<void> {
  if (accepted.length === 0) return;
  if ((await suppress(client, context, accepted)) > 0) await raiseEpoch(client);
  await beginErasures(
    client,
    context,
    accepted.map((request): NewErasure => ({ ...request, kind: "request" })),
    origin,
  );
  // Other requests of these people were masked, so nobody can decide about them any more.
  const moot = await mootQuestions(client, context.datasets.requests.name);
  if (moot.length === 0) return;
  await raiseEpoch(client);
  await releaseQuestions(client, moot, "moot");
}

/**
 * Begins erasures whose identifiers are on the suppression list: records them, collects what files will be searched for, and
 * masks the database. The run's finish takes them to their end.
 */
export async function beginErasures(
  client: Client,
  context: ErasureContext,
  erasures: readonly NewErasure[],
  origin: ErasureOrigin,
): Promise<void> {
  const begun = erasures.map((erasure) => ({ ...erasure, erasureId: randomUUID() }));
  await addErasures(
    client,
    begun.map(({ erasureId, subject: { subjectId, outcome, key }, ownId, email, ...erasure }) => ({
      ...{ id: erasureId, subjectId, outcome, keyId: key.id, ...origin },
      ...{ kind: erasure.kind, requestedAt: erasure.requestedAt, fileId: erasure.fileId },
      quarantineId: erasure.quarantineId,
      customerKey: keyedHash(key, "customer-id", ownId),
      emailKey: keyedHash(key, "email", email),
      pseudonym: pseudonym(key, ownId),
    })),
  );
  const subjects = begun.map(({ erasureId, kind, subject, component, ownId }): ErasedSubject => {
    const { ids, emails, names, sharedEmails } = component;
    const own = emails.filter((email) => !sharedEmails.includes(email));
    const hasArrived = kind === "follow-up";
    return { erasureId, ...subject, pseudonym: pseudonym(subject.key, ownId), ids, emails: own, names, hasArrived };
  });
  const collected = await collectValues(client, context, subjects);
  const files = await maskPersonRecords(client, context, subjects);
  // Afterwards no row names a file of somebody who was unlinked, and their files are known by these alone.
  const values = [...collected].map(([erasureId, { fileIds, ...rest }]) => {
    const all = [...new Set([...fileIds, ...(files.get(erasureId) ?? [])])];
    return [erasureId, { ...rest, fileIds: all }] as const;
  });
  await writeSubjectValues(client, context.ring, new Map(values));
}
