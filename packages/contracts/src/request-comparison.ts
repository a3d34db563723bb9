import Type, { type Static } from "typebox";
import { QUESTION_KINDS, REQUEST_SUBJECTS } from "./questions.js";

const Values = Type.Array(Type.String(), { description: "Masked, one by one, for whoever may not see personal data" });

/** What is known under an identifier, through all versions of all records. */
const Side = Type.Object({
  records: Type.Integer({ description: "Distinct combinations of id, email and name" }),
  customerIds: Values,
  emails: Values,
  names: Values,
});

/** What a request to be forgotten says beside what the warehouse has. */
export const RequestComparisonSchema = Type.Object(
  {
    isMasked: Type.Boolean({ description: "Whether the values are masked" }),
    question: Type.Union([Type.Enum([...QUESTION_KINDS]), Type.Null()], { description: "What is in doubt" }),
    defaultSubject: Type.Union([Type.Enum([...REQUEST_SUBJECTS]), Type.Null()], {
      description: "Whose data goes where an approval does not say it",
    }),
    request: Type.Object({
      customerId: Type.Union([Type.String(), Type.Null()]),
      email: Type.Union([Type.String(), Type.Null()]),
    }),
    ofId: Type.Object({ ...Side.properties }, { description: "Who is known under the id" }),
    ofEmail: Type.Object({ ...Side.properties }, { description: "Who is known under the email" }),
    matches: Type.Object({
      idIsKnown: Type.Boolean(),
      emailIsKnown: Type.Boolean(),
      emailIsOfId: Type.Boolean({ description: "Whether the email is or was that of the id" }),
      emailIsShared: Type.Boolean({ description: "Whether records under other people's ids have the email, too" }),
      idIsReused: Type.Boolean({ description: "Whether versions under the id share neither email nor name" }),
    }),
    approvalsNeeded: Type.Integer({ description: "2 where `LETHE_FOUR_EYES` is set: by callers of different names" }),
    approvals: Type.Array(Type.Object({ by: Type.String(), at: Type.String({ format: "date-time" }) }), {
      description: "Who has approved it so far",
    }),
  },
  { $id: "RequestComparison" },
);
export type RequestComparison = Static<typeof RequestComparisonSchema>;
