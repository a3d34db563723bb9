import Type, { type Static } from "typebox";

/**
 * What an entry of the log is about:
 * - `receipt`: an erasure was completed;
 * - `suppressed`: identifiers were put on the suppression list; the body lists them;
 * - `lifted`: identifiers were taken off the suppression list; the body lists them;
 * - `decision`: a person decided (approved, rejected, released, the same person …);
 * - `restriction`: the processing of a person's data was restricted, or the restriction was released;
 * - `reapplied`: erasures were done again on data that had been restored from a backup;
 * - `accepted`: somebody accepted a database that is older than the newest checkpoint.
 */
export const LOG_KINDS = [
  "receipt",
  "suppressed",
  "lifted",
  "decision",
  "restriction",
  "reapplied",
  "accepted",
] as const;
export type LogKind = (typeof LOG_KINDS)[number];

const Hash = Type.String({ pattern: "^[0-9a-f]{64}$" });
const Count = Type.Integer({ minimum: 0 });
const Ordinal = Type.Integer({ minimum: 1 });
const Timestamp = Type.String({ format: "date-time" });

/** An entry of the append-only log. Its hash covers every other field. */
export const LogEntrySchema = Type.Object(
  {
    sequence: Ordinal,
    kind: Type.Enum(LOG_KINDS),
    createdAt: Timestamp,
    /** No personal data: keyed hashes, pseudonyms, counts and times. */
    body: Type.Record(Type.String(), Type.Unknown()),
    previousHash: Hash,
    hash: Hash,
  },
  { additionalProperties: false },
);
export type LogEntry = Static<typeof LogEntrySchema>;

/** An identifier on the suppression list, as entries of the kinds `suppressed` and `lifted` list it in `suppressions`. */
export const LoggedSuppressionSchema = Type.Object({
  /** The subject whose identifier it is. */
  subject: Type.String(),
  /** `erase`, `restrict` or `question`. */
  act: Type.String(),
  /** `customer-id`, `email` or `name`. */
  kind: Type.String(),
  /** The keyed hash, in hexadecimal digits. */
  key: Type.String({ pattern: "^[0-9a-f]+$" }),
  keyId: Type.String(),
});
export type LoggedSuppression = Static<typeof LoggedSuppressionSchema>;

/** A digest over a list: SHA-256 over its sorted lines, and their number. */
const DigestSchema = Type.Object({ count: Count, digest: Hash }, { additionalProperties: false });
export type Digest = Static<typeof DigestSchema>;

/** What the signing key vouches for. The signature covers every other field. */
export const CheckpointSchema = Type.Object(
  {
    number: Ordinal,
    /** The sequence of the last entry that it covers. */
    logSize: Ordinal,
    headHash: Hash,
    /** The suppressions that are in force. */
    suppressions: DigestSchema,
    decisions: DigestSchema,
    /** The hash of the checkpoint before it. */
    previousHash: Hash,
    createdAt: Timestamp,
    keyId: Type.String(),
    hash: Hash,
    /** Ed25519 over the canonical JSON of all other fields but `hash`, in base64. */
    signature: Type.String(),
  },
  { additionalProperties: false },
);
export type Checkpoint = Static<typeof CheckpointSchema>;

/** An entry with what leads from it to a signed checkpoint, so that it can be checked without the rest of the log. */
export const SignedEntrySchema = Type.Object(
  {
    entry: LogEntrySchema,
    /** The first signed checkpoint that covers it; null while it is not yet under a signature. */
    checkpoint: Type.Union([CheckpointSchema, Type.Null()]),
    /** The hashes of the contents of the entries that lead from it to the checkpoint. */
    links: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);
export type SignedEntry = Static<typeof SignedEntrySchema>;

/** What makes signatures. The key behind it stays where it is. */
export interface Signer {
  /** The id of the key: the first eight hexadecimal digits of the SHA-256 of the public key. */
  readonly keyId: string;
  sign(message: string): string;
}

/** Reports whether a signature is that of the key of this id; false for a key that is not known. */
export type VerifySignature = (keyId: string, message: string, signature: string) => boolean;

/** A place outside the database that keeps the newest checkpoint, so that a database that was rolled back shows. */
export interface CheckpointStore {
  /** What the place is called in messages. */
  readonly name: string;
  /** Returns the checkpoint that is kept there; undefined where none is yet. */
  read(): Promise<Checkpoint | undefined>;
  write(checkpoint: Checkpoint): Promise<void>;
}
