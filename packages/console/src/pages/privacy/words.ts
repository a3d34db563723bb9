import type { Schemas } from "../../api/client.js";
import type { Mood } from "../../parts/state.js";

type RequestState = Schemas["Request"]["state"];
type QuestionKind = Schemas["Question"]["kind"];

/** What each state of a request asks of somebody. */
export const REQUEST_STATES: Readonly<Record<RequestState, { readonly mood: Mood; readonly meaning: string }>> = {
  undecided: { mood: "warn", meaning: "A privacy officer has to decide." },
  "awaiting second approval": { mood: "warn", meaning: "One person has approved it, and a second one must." },
  approved: { mood: "busy", meaning: "The next replay takes it." },
  malformed: { mood: "warn", meaning: "It has not the form of a request: ask its sender, or refuse it." },
  unreadable: { mood: "warn", meaning: "Nobody can read it: ask its sender, or refuse it." },
  masked: {
    mood: "warn",
    meaning: "An erasure has masked what it said. Its sender must be told, or it must be refused.",
  },
  refused: { mood: "plain", meaning: "It was refused, and its sender must be told why." },
  suppressed: { mood: "busy", meaning: "The erasure is at work: files are rewritten." },
  completed: { mood: "good", meaning: "The person is erased, and there is a receipt." },
  lifted: { mood: "plain", meaning: "The person has consented since." },
};

/** What is in doubt, for each kind of question. */
export const QUESTIONS: Readonly<Record<QuestionKind, string>> = {
  email_not_theirs: "The request names an email that no version of its customer has ever had.",
  unknown_id_known_email: "The request names an id that nobody has, and somebody’s email.",
  shared_email: "Records of different ids and names have the email.",
  reused_id: "Versions under the id share neither email nor name.",
};

/** Whose data an approved request erases. */
export const SUBJECTS = {
  id: "the person under the id",
  email: "the person under the email",
  both: "both, as one person",
} as const;

/** The decisions about records that a question holds. */
export const DECISIONS = [
  {
    decision: "same_person",
    title: "It is the erased person",
    meaning: "The records are masked, and what they name joins the erased person.",
  },
  {
    decision: "another_person",
    title: "It is somebody else",
    meaning: "The records are loaded. The id or email alone says nothing of the erased person any more.",
  },
  {
    decision: "new_owner",
    title: "The id has a new owner",
    meaning: "The records are loaded, and so are those that come later under the id.",
  },
] as const;

/** What an erasure leaves. */
export const OUTCOMES = {
  unlink: "sales stay, and nothing ties them to the person or to one another",
  aggregate: "sales stay as anonymous sums alone",
  pseudonymise: "sales stay under one pseudonym, which is personal data still",
} as const;
