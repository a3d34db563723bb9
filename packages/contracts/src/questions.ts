import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";

/**
 * What a privacy officer has to decide:
 * - `email_not_theirs`: a request names an email that no version of its customer has ever had;
 * - `unknown_id_known_email`: a request names an id that nobody has, and somebody's email;
 * - `shared_email`: records of different ids and names have the email of a request, or of an erased person;
 * - `reused_id`: versions under the id share neither email nor name, or a record with the id of an erased person shares neither
 *   with them.
 */
export const QUESTION_KINDS = ["email_not_theirs", "unknown_id_known_email", "shared_email", "reused_id"] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

/** Whose data an approved request erases: of the id that it names, of the email, or of both. */
export const REQUEST_SUBJECTS = ["id", "email", "both"] as const;
export type RequestSubject = (typeof REQUEST_SUBJECTS)[number];

/** Returns whose data an approved request erases unless the decision says otherwise. */
export function defaultSubjectOf(question: QuestionKind): RequestSubject {
  if (question === "email_not_theirs") return "both";
  return question === "unknown_id_known_email" ? "email" : "id";
}

/**
 * A decision about held records:
 * - `same_person`: they are of the person who was erased, and are masked;
 * - `another_person`: they are of somebody else, who has the same id or email, and are loaded;
 * - `new_owner`: the id has gone to somebody else, and its records are loaded from now on.
 */
export const QUESTION_DECISIONS = ["same_person", "another_person", "new_owner"] as const;
export type QuestionDecision = (typeof QUESTION_DECISIONS)[number];

const Count = Type.Integer({ minimum: 0 });
const Timestamp = Type.String({ format: "date-time" });

/** An open question. It names nobody: the records stand in quarantine. */
export const QuestionSchema = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    kind: Type.Enum(QUESTION_KINDS),
    /** The erasure request that it is about, as it is quarantined; null where records of an erased person are held. */
    requestId: Type.Union([Count, Type.Null()]),
    /** Records that are held until it is decided. */
    heldRecords: Count,
    openedAt: Timestamp,
  },
  { $id: "Question" },
);
export type Question = Static<typeof QuestionSchema>;

const Match = Type.Union([Type.Boolean(), Type.Null()], {
  description: "Null where the record has none, or nothing can tell",
});

/** An open question with what the records that it holds have in common with the erased person. It names nobody. */
export const QuestionDetailSchema = Type.Object(
  {
    ...QuestionSchema.properties,
    records: Type.Array(
      Type.Object({
        id: Type.Integer({ description: "Of the record in quarantine" }),
        dataset: DatasetNameSchema,
        customerIdMatches: Match,
        emailMatches: Match,
        nameMatches: Match,
      }),
      { description: "The oldest hundred" },
    ),
  },
  { $id: "QuestionDetail" },
);
export type QuestionDetail = Static<typeof QuestionDetailSchema>;
