import { randomUUID } from "node:crypto";
import type { QuestionKind } from "@lethe/contracts/questions";
import type { Dataset } from "@lethe/datasets/dataset";
import { type HashedKind, type Keyring, keyedHash } from "@lethe/privacy/privacy-key";
import { addQuestions } from "@lethe/warehouse/erasures/questions";
import { assignQuestions, readNewQuestions } from "@lethe/warehouse/ledger/stage-rejects";
import type { Client } from "@lethe/warehouse/pool";
import {
  addSubjects,
  addSuppressions,
  type NewSuppression,
  readErasedIdentifiers,
} from "@lethe/warehouse/suppress-subjects";
import { groupBy } from "./group-by.js";
import { parseJson } from "./parse-json.js";

/**
 * Opens the questions that a batch's held records raise: each bears an identifier of an erased person and is otherwise somebody
 * else's. While a question is open, all records of that id are held. Runs before the staged rejects go to quarantine. The
 * caller holds the suppression list's lock and raises the epoch.
 */
export async function openRecordQuestions(client: Client, ring: Keyring, dataset: Dataset): Promise<void> {
  const raised = (await readNewQuestions(client)).flatMap(({ question, subjectId, customerId, email, payload }) =>
    customerId === null
      ? []
      : [{ question, subjectId, customerId, email, name: dataset.subjectOf(parseJson(payload)).name }],
  );
  const groups = groupBy(raised, ({ question, subjectId, customerId }) => `${question} ${subjectId} ${customerId}`);
  const listed = await readErasedIdentifiers(
    client,
    raised.map(({ subjectId }) => subjectId),
  );
  const opened = groups.flatMap((records) => {
    const [record] = records;
    if (record === undefined) return [];
    const [kind, value] = contested(record);
    // The row of the erased person's identifier, under whichever key it was hashed.
    const row = listed.find(
      (each) =>
        each.subjectId === record.subjectId &&
        each.kind === kind &&
        ring.all.some((key) => key.id === each.keyId && keyedHash(key, kind, value).equals(each.key)),
    );
    if (row === undefined) return [];
    return [{ id: randomUUID(), record, records, key: row.key, outcome: row.outcome }];
  });
  for (const outcome of new Set(opened.map((question) => question.outcome))) {
    const ids = opened.filter((question) => question.outcome === outcome).map(({ id }) => id);
    await addSubjects(client, ids, outcome);
  }
  await addQuestions(
    client,
    opened.map(({ id, record, key }) => ({ id, kind: record.question, subjectId: record.subjectId, key })),
  );
  await addSuppressions(
    client,
    opened.flatMap(({ id, records }) => records.flatMap((record) => identifiersOf(ring, id, record))),
  );
  await assignQuestions(
    client,
    opened.map(({ id, record: { question, subjectId, customerId } }) => ({ id, question, subjectId, customerId })),
  );
}

interface HeldRecord {
  readonly question: QuestionKind;
  readonly customerId: string;
  readonly email: string | null;
  readonly name: string | null;
}

/** Returns the identifier that a record has in common with an erased person. */
function contested({ question, customerId, email }: HeldRecord): [HashedKind, string] {
  return question === "reused_id" ? ["customer-id", customerId] : ["email", email ?? ""];
}

/** Returns the rows of the list by which a question holds records, and which join the erased person's if it is the same one. */
function identifiersOf({ current }: Keyring, subjectId: string, record: HeldRecord): NewSuppression[] {
  const row = (kind: NewSuppression["kind"], value: string | null): NewSuppression[] =>
    value === null
      ? []
      : [{ subjectId, act: "question", kind, key: keyedHash(current, kind, value), keyId: current.id }];
  // The erased person's own email must not hold their own records.
  const email = record.question === "shared_email" ? null : record.email;
  return [...row("customer-id", record.customerId), ...row("email", email), ...row("name", record.name)];
}
