import Type, { type Static } from "typebox";

/**
 * - `suppressed`: nothing of the person comes in any more, and the database is masked; files are being rewritten;
 * - `completed`: a scan found nothing left, and a receipt proves it;
 * - `lifted`: the person consented again later.
 */
export const ERASURE_STATES = ["suppressed", "completed", "lifted"] as const;
export type ErasureState = (typeof ERASURE_STATES)[number];

/** The time limit of GDPR Art. 12(3), one month, in days at its shortest. */
export const ERASURE_LIMIT_DAYS = 28;

const Count = Type.Integer({ minimum: 0 });
const Timestamp = Type.String({ format: "date-time" });

/** A place in which something of the person was masked. */
export const ErasurePlaceSchema = Type.Object({
  /** A table (`warehouse.customers`), or `archived_data`, `processed_data`, `quarantined_data`. */
  place: Type.String(),
  /** A file's path below the place; empty for a table. */
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
    /** Whether the person was known when the request came; who was not is masked on arrival. */
    found: Type.Boolean(),
    policyVersion: Type.String(),
    runId: Type.String({ format: "uuid" }),
    requestedAt: Timestamp,
    receivedAt: Timestamp,
    suppressedAt: Timestamp,
    completedAt: Type.Union([Timestamp, Type.Null()]),
    /** Days since it was received, to its completion or to now; and what is left of the limit. */
    daysOpen: Type.Number(),
    daysLeft: Type.Union([Type.Number(), Type.Null()]),
  },
  { $id: "Erasure" },
);
export type Erasure = Static<typeof ErasureSchema>;

/** The body of a receipt. It holds no personal data: the pseudonym says whose it is to the key's holder alone. */
export const ReceiptBodySchema = Type.Object({
  erasureId: Type.String({ format: "uuid" }),
  pseudonym: Type.String(),
  keyId: Type.String(),
  policyVersion: Type.String(),
  found: Type.Boolean(),
  requestedAt: Timestamp,
  receivedAt: Timestamp,
  suppressedAt: Timestamp,
  completedAt: Timestamp,
  places: Type.Array(ErasurePlaceSchema),
  /** When dead row versions were removed from the tables that were masked. */
  vacuumedAt: Timestamp,
  /** The closing scan over the person's records and files. */
  scan: Type.Object({ tables: Count, records: Count, files: Count, bytes: Count, findings: Count }),
});
export type ReceiptBody = Static<typeof ReceiptBodySchema>;

/** A receipt, chained to the one before it by that one's hash. */
export const ReceiptSchema = Type.Object(
  {
    sequence: Type.Integer({ minimum: 1 }),
    body: ReceiptBodySchema,
    previousHash: Type.String(),
    hash: Type.String(),
  },
  { $id: "Receipt" },
);
export type Receipt = Static<typeof ReceiptSchema>;
