import { randomUUID } from "node:crypto";
import { defaultSubjectOf, type QuestionKind, type RequestSubject } from "@lethe/contracts/questions";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { keyedHash } from "@lethe/privacy/privacy-key";
import { addQuestions, releaseQuestions } from "@lethe/warehouse/erasures/questions";
import type { Client } from "@lethe/warehouse/pool";
import { addSubjects, addSuppressions, lockSuppressions, raiseEpoch } from "@lethe/warehouse/suppress-subjects";
import type { ErasureContext } from "./context.js";
import { findSubjects } from "./subject-closure.js";
import type { ClosureStart, SubjectComponent } from "./subject-graph.js";
import { createSuppressedSubjects, type KnownSubject, type SuppressedSubjects } from "./suppressed-subjects.js";
import { suppressionsOf } from "./suppressions-of.js";

/** A staged request with the data subject whom it asks to erase. */
export interface AcceptedRequest extends StagedRequest {
  /** The subject under which the identifiers are, or will be, on the suppression list. */
  readonly subject: KnownSubject;
  readonly component: SubjectComponent;
  /** The id that the erasure is known by: the one that the request names, unless it turned out to be somebody else's. */
  readonly ownId: string;
  /** The request as it stood in quarantine until it was approved. */
  readonly quarantineId: number | null;
}

/** A staged request about which a person must decide. */
interface QuestionedRequest extends StagedRequest {
  readonly kind: QuestionKind;
  readonly questionId: string;
}

export interface ResolvedRequests {
  readonly accepted: readonly AcceptedRequest[];
  readonly questioned: readonly QuestionedRequest[];
  readonly duplicates: readonly StagedRequest[];
  /** The questions that approvals have answered. */
  readonly answered: readonly string[];
}

interface StagedRequest {
  readonly ordinal: number;
  readonly customerId: string;
  readonly email: string;
  readonly requestedAt: Date;
  readonly fileId: number;
}

type RequestContext = Pick<ErasureContext, "datasets" | "ring" | "policy">;

/**
 * Decides on each staged request: accepted, a duplicate of one that was taken before, or a question for a person. Waits until no
 * other batch of requests is resolved. Changes nothing.
 */
export async function resolveRequests(client: Client, context: RequestContext): Promise<ResolvedRequests> {
  const { requests } = context.datasets;
  if (requests.merge.lock !== null) await client.query(requests.merge.lock);
  const { rows: staged } = await client.query<StagedRequest>(requests.erasure.selectStaged);
  if (staged.length === 0) return { accepted: [], questioned: [], duplicates: [], answered: [] };
  const asked = await readAsked(client, context.datasets, staged);
  const known = await createSuppressedSubjects(client, context.ring, staged);
  const verdicts = await judge(client, context.datasets, { staged, asked, known });
  const starts = verdicts.flatMap(({ start }) => (start === undefined ? [] : [start]));
  const components = (await findSubjects(client, context.datasets, starts)).values();
  const accepted: AcceptedRequest[] = [];
  const duplicates: StagedRequest[] = [];
  const questioned: QuestionedRequest[] = [];
  const taken = new Set<unknown>();
  for (const { request, start, question } of verdicts) {
    if (question !== undefined) {
      const questionId = asked.get(keyOf(request))?.questionId ?? randomUUID();
      questioned.push({ ...request, kind: question, questionId });
      continue;
    }
    const component = start === undefined ? undefined : components.next().value;
    const before = known.of(request, start?.emails !== undefined && start.ids.length === 0);
    if (component === undefined || taken.has(component) || (before !== undefined && taken.has(before.subjectId))) {
      duplicates.push(request);
      continue;
    }
    const subject = before ?? { subjectId: randomUUID(), outcome: context.policy.outcome, key: context.ring.current };
    taken.add(component).add(subject.subjectId);
    const ownId = component.ids.includes(request.customerId) ? request.customerId : component.ids[0];
    const quarantineId = asked.get(keyOf(request))?.quarantineId ?? null;
    accepted.push({ ...request, subject, component, ownId: ownId ?? request.customerId, quarantineId });
  }
  return { accepted, questioned, duplicates, answered: answeredBy(asked, accepted) };
}

/**
 * Puts every identifier of the accepted people on the suppression list, in a transaction of its own that commits before anything
 * is masked: from then on no batch brings them back. Waits for the loads that have begun. The staging tables are filled.
 */
export async function suppressRequested(client: Client, context: RequestContext): Promise<void> {
  // First, so that all that is loaded is seen, and nothing more is loaded under the old list.
  await lockSuppressions(client);
  const { accepted, answered } = await resolveRequests(client, context);
  if (accepted.length === 0) return;
  await suppress(client, context, accepted);
  await releaseQuestions(client, answered, "approved");
  await raiseEpoch(client);
}

/** Adds the accepted people's identifiers to the suppression list; returns how many are new. The caller raises the epoch. */
export async function suppress(
  client: Client,
  context: RequestContext,
  accepted: readonly AcceptedRequest[],
): Promise<number> {
  await addSubjects(
    client,
    accepted.map(({ subject }) => subject.subjectId),
    context.policy.outcome,
  );
  const added = await addSuppressions(
    client,
    accepted.flatMap(({ subject, component }) => suppressionsOf(subject, component)),
  );
  return added.length;
}

/**
 * Opens the questions of a batch of requests, in the transaction that quarantines these: while one is open, new records of its
 * id and email are held.
 */
export async function openRequestQuestions(
  client: Client,
  context: RequestContext,
  questioned: readonly QuestionedRequest[],
): Promise<void> {
  if (questioned.length === 0) return;
  await addSubjects(
    client,
    questioned.map(({ questionId }) => questionId),
    context.policy.outcome,
  );
  await addQuestions(
    client,
    questioned.map(({ questionId, kind }) => ({ id: questionId, kind, subjectId: null, key: null })),
  );
  const { current } = context.ring;
  const added = await addSuppressions(
    client,
    questioned.flatMap(({ questionId, customerId, email }) => [
      { ...question(questionId), kind: "customer-id", key: keyedHash(current, "customer-id", customerId) },
      { ...question(questionId), kind: "email", key: keyedHash(current, "email", email) },
    ]),
  );
  if (added.length > 0) await raiseEpoch(client);

  function question(subjectId: string) {
    return { subjectId, act: "question" as const, keyId: current.id };
  }
}

/** What becomes of a request: it starts a search for its person, is a question, or neither: then it is a duplicate. */
interface Verdict {
  readonly request: StagedRequest;
  readonly start?: ClosureStart;
  readonly question?: QuestionKind;
}

interface Evidence {
  readonly staged: readonly StagedRequest[];
  readonly asked: ReadonlyMap<string, AskedBefore>;
  readonly known: SuppressedSubjects;
}

async function judge(client: Client, datasets: Datasets, { staged, asked, known }: Evidence): Promise<Verdict[]> {
  const byId = await findSubjects(
    client,
    datasets,
    staged.map(({ customerId }) => ({ ids: [customerId] })),
  );
  const byEmail = await findSubjects(
    client,
    datasets,
    staged.map(({ email }) => ({ ids: [], emails: [email] })),
  );
  return staged.map((request, i): Verdict => {
    const { customerId } = request;
    const [ofId, ofEmail] = [byId[i], byEmail[i]];
    if (ofId === undefined || ofEmail === undefined) throw new Error("a start has no component");
    const approved = asked.get(keyOf(request))?.approved ?? null;
    if (known.isErased(request, approved)) return { request };
    if (approved !== null) return { request, start: startOf(request, approved) };
    const verdict = judgeByRecords(request, ofId, ofEmail, known);
    // It was suppressed already: the process ended before it was taken in, or an earlier line asks for the same person.
    if (verdict.question !== undefined && known.isBeingErased(request))
      return { request, start: { ids: [customerId] } };
    return verdict;
  });
}

function judgeByRecords(
  request: StagedRequest,
  ofId: SubjectComponent,
  ofEmail: SubjectComponent,
  known: SuppressedSubjects,
): Verdict {
  const { customerId, email } = request;
  if (ofId.emails.length > 0) {
    if (!ofId.emails.includes(email)) return { request, question: "email_not_theirs" };
    if (ofId.sharedEmails.includes(email)) return { request, question: "shared_email" };
    if (ofId.reusedIds.length > 0) return { request, question: "reused_id" };
    return { request, start: { ids: [customerId] } };
  }
  // Of an id that has no email, nothing contradicts the request, unless the email is somebody else's.
  if (known.isErasedByEmail(request)) return { request };
  if (ofEmail.ids.length > 0) return { request, question: "unknown_id_known_email" };
  return { request, start: { ids: [customerId], emails: [email] } };
}

function startOf({ customerId, email }: StagedRequest, approved: RequestSubject): ClosureStart {
  if (approved === "id") return { ids: [customerId] };
  return { ids: approved === "both" ? [customerId] : [], emails: [email] };
}

/** A request of the same id and email that waits for a decision, or was approved. */
interface AskedBefore {
  readonly quarantineId: number;
  readonly questionId: string | null;
  readonly approved: RequestSubject | null;
}

async function readAsked(
  client: Client,
  datasets: Datasets,
  staged: readonly StagedRequest[],
): Promise<ReadonlyMap<string, AskedBefore>> {
  const { rows } = await client.query<{
    quarantineId: number;
    customerId: string;
    email: string;
    questionId: string | null;
    question: QuestionKind | null;
    subject: RequestSubject | null;
    isApproved: boolean;
  }>(
    `select id as "quarantineId", subject_customer_id as "customerId", subject_email as email, held_for as "questionId", question,
            approved_subject as subject, approved_at is not null as "isApproved"
     from ledger.quarantine
     where dataset = $1 and reason = 'identity_mismatch' and status = 'open' and subject_customer_id = any ($2)
     order by approved_at nulls first, id desc`,
    [datasets.requests.name, staged.map(({ customerId }) => customerId)],
  );
  // The last one stands: the request that was approved, else the oldest.
  return new Map(
    rows.map(({ isApproved, question, subject, questionId, quarantineId, ...request }) => [
      keyOf(request),
      {
        quarantineId,
        questionId,
        approved: isApproved ? (subject ?? defaultSubjectOf(question ?? "email_not_theirs")) : null,
      },
    ]),
  );
}

function answeredBy(asked: ReadonlyMap<string, AskedBefore>, accepted: readonly AcceptedRequest[]): string[] {
  return accepted.flatMap((request) => asked.get(keyOf(request))?.questionId ?? []);
}

function keyOf({ customerId, email }: Pick<StagedRequest, "customerId" | "email">): string {
  return `${customerId} ${email}`;
}
