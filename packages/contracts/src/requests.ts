import Type, { type Static } from "typebox";

/**
 * - `undecided`: the email is not the customer's, or another doubt is open, and a person decides;
 * - `awaiting second approval`: one person has approved it, and a second one must (`LETHE_FOUR_EYES`);
 * - `approved`: the next replay takes it;
 * - `malformed`, `unreadable`: it is no request by its form, or nobody can read it; somebody must ask its sender, or refuse it;
 * - `masked`: an erasure has masked what it said, which answers somebody, but perhaps not its sender: it must be refused with that
 *   reason, or its sender be told;
 * - `refused`: a person has refused it, with a reason;
 * - `suppressed`, `completed`, `lifted`: it has become an erasure, which is in this state.
 */
export const REQUEST_STATES = [
  "undecided",
  "awaiting second approval",
  "approved",
  "malformed",
  "unreadable",
  "masked",
  "refused",
  "suppressed",
  "completed",
  "lifted",
] as const;
export type RequestState = (typeof REQUEST_STATES)[number];

const Timestamp = Type.String({ format: "date-time" });

/** A request to be forgotten, from its arrival, whatever has become of it. It says nothing of whom it is about. */
export const RequestSchema = Type.Object(
  {
    /** The erasure's id where it has become one, else the number of its record in quarantine. */
    id: Type.String(),
    state: Type.Enum(REQUEST_STATES),
    erasureId: Type.Union([Type.String({ format: "uuid" }), Type.Null()]),
    quarantineId: Type.Union([Type.Integer(), Type.Null()]),
    /** When Lethe took in the file that it came in: from then on the law's month runs. */
    receivedAt: Timestamp,
    /** One calendar month later in the jobs' time zone, or three when it was extended. */
    due: Timestamp,
    isExtended: Type.Boolean(),
    /** When it was completed or refused; null while the clock runs. */
    closedAt: Type.Union([Timestamp, Type.Null()]),
    /** Days from its receipt to its end, or to now; and the days that are left. */
    daysOpen: Type.Number(),
    daysLeft: Type.Union([Type.Number(), Type.Null()]),
    /** Why it was refused, else why it was extended. */
    reason: Type.Union([Type.String(), Type.Null()]),
  },
  { $id: "Request" },
);
export type Request = Static<typeof RequestSchema>;

/** The longest reason of a decision, in characters. */
export const MAX_REASON = 1_000;
