import Type, { type Static } from "typebox";
import { CheckpointSchema, SignedEntrySchema } from "./proof.js";

/**
 * - `suppressed`: pending. New records of the person are masked, and so is the database; files are being rewritten;
 * - `completed`: the closing scan found nothing, and a receipt proves it;
 * - `lifted`: the person has consented since, and their new records are loaded unmasked.
 */
export const ERASURE_STATES = ["suppressed", "completed", "lifted"] as const;
export type ErasureState = (typeof ERASURE_STATES)[number];

/**
 * What an erasure leaves:
 * - `unlink`: rows and sales stay, and nothing ties them to the person or to one another;
 * - `aggregate`: sales are folded into anonymous sums;
 * - `pseudonymise`: one keyed pseudonym stands for the person, so their sales stay linked.
 */
export const ERASURE_OUTCOMES = ["unlink", "aggregate", "pseudonymise"] as const;
export type ErasureOutcome = (typeof ERASURE_OUTCOMES)[number];

/** The time limit of GDPR Art. 12(3): one month, in days of the shortest one. */
export const ERASURE_LIMIT_DAYS = 28;

const Count = Type.Integer({ minimum: 0 });
const Timestamp = Type.String({ format: "date-time" });

/** A place in which data of the person was masked. */
export const ErasurePlaceSchema = Type.Object({
  /** A table (`warehouse.customers`), or `archived_data`, `processed_data`, `quarantined_data`. */
  place: Type.String(),
  /** A file's path relative to the place; empty for a table, and for all files together where a receipt names none. */
  name: Type.String(),
  records: Count,
  values: Count,
});
export type ErasurePlace = Static<typeof ErasurePlaceSchema>;

export const ErasureSchema = Type.Object(
  {
    id: Type.String({ format: "uuid" }),
    state: Type.Enum(ERASURE_STATES),
    pseudonym: Type.String(),
    /** Whether the person was known when the request was loaded. The data of one who was not is masked when it arrives. */
    found: Type.Boolean(),
    policyVersion: Type.String(),
    /** What the erasure leaves, or has left. */
    outcome: Type.Enum(ERASURE_OUTCOMES),
    runId: Type.String({ format: "uuid" }),
    requestedAt: Timestamp,
    receivedAt: Timestamp,
    suppressedAt: Timestamp,
    completedAt: Type.Union([Timestamp, Type.Null()]),
    /** When it must be completed by law: one calendar month after its receipt, three when that was extended. */
    due: Timestamp,
    isExtended: Type.Boolean(),
    /** The number of its receipt; null until it is completed. */
    receiptNumber: Type.Union([Type.Integer(), Type.Null()]),
    /** Set while the erasure could not be completed: what came in between, and when it is tried again. */
    failure: Type.Optional(
      Type.Object({
        attempts: Count,
        /** A stable code: of an error, or `still_found`. */
        errorCode: Type.String(),
        /** A table, or a folder of files and the file's name in it. */
        place: Type.String(),
        name: Type.String(),
        nextAttemptAt: Timestamp,
      }),
    ),
    /** Days from its receipt to its completion, or to now; and the days that are left of the limit. */
    daysOpen: Type.Number(),
    daysLeft: Type.Union([Type.Number(), Type.Null()]),
  },
  { $id: "Erasure" },
);
export type Erasure = Static<typeof ErasureSchema>;

/** The body of a receipt. It holds no personal data: only the holder of the key can tell whose pseudonym it names. */
export const ReceiptBodySchema = Type.Object({
  erasureId: Type.String({ format: "uuid" }),
  pseudonym: Type.String(),
  keyId: Type.String(),
  policyVersion: Type.String(),
  outcome: Type.Enum(ERASURE_OUTCOMES),
  found: Type.Boolean(),
  requestedAt: Timestamp,
  receivedAt: Timestamp,
  suppressedAt: Timestamp,
  completedAt: Timestamp,
  places: Type.Array(ErasurePlaceSchema),
  /** When dead row versions were removed from the masked tables. */
  vacuumedAt: Timestamp,
  /** The closing scan over the person's records and files. */
  scan: Type.Object({
    ...{ tables: Count, records: Count, files: Count, bytes: Count, findings: Count },
    /** How far the search went: everything that Lethe keeps, or the files that the person's own records came from. */
    scope: Type.Optional(Type.String()),
    /**
     * What was not searched; `destroyed` are files that nobody can search, and whose keys the erasure destroyed, and `missing` those
     * that Lethe keeps and that were not there.
     */
    notSearched: Type.Optional(
      Type.Object({ tables: Count, files: Count, destroyed: Count, missing: Type.Optional(Count) }),
    ),
  }),
});
export type ReceiptBody = Static<typeof ReceiptBodySchema>;

/** A receipt: an entry of the log (`kind` is `receipt`), chained to the entry before it by its hash. */
export const ReceiptSchema = Type.Object(
  {
    sequence: Type.Integer({ minimum: 1 }),
    body: ReceiptBodySchema,
    createdAt: Timestamp,
    previousHash: Type.String(),
    hash: Type.String(),
    /** The first signed checkpoint that covers it; null while it is not yet under a signature. */
    checkpoint: Type.Union([CheckpointSchema, Type.Null()]),
    /** The hashes of the contents of the entries that lead from it to the checkpoint, so that it can be checked alone. */
    links: Type.Array(Type.String()),
    /** The entries of the log that say that it was reapplied to a restored backup, and when. */
    reapplied: Type.Array(SignedEntrySchema),
  },
  { $id: "Receipt" },
);
export type Receipt = Static<typeof ReceiptSchema>;

/** A place where somebody else's record mentions an erased person by what several people may share. It holds no value. */
export const ReviewFindingSchema = Type.Object(
  {
    id: Type.Integer({ minimum: 1 }),
    erasureId: Type.String({ format: "uuid" }),
    /** `name`, `phone`, `address`, or `email` where a mailbox is another person's, too. */
    kind: Type.String(),
    place: Type.String(),
    /** The file's name in its folder; empty for a table. */
    name: Type.String(),
    /** The column; empty for a file. */
    pointer: Type.String(),
    /** The number of the first such record in the file; 0 for a table. */
    line: Count,
    records: Count,
    createdAt: Timestamp,
  },
  { $id: "ReviewFinding" },
);
export type ReviewFinding = Static<typeof ReviewFindingSchema>;
