import Type, { type Static } from "typebox";

const Count = Type.Integer({ minimum: 0 });

/** What the check of one erasure has found: of its receipt, of the log that the receipt stands in, and of the person. */
export const VerificationSchema = Type.Object(
  {
    verifiedAt: Type.String({ format: "date-time" }),
    isProven: Type.Boolean({ description: "Whether everything fits, signatures were checked, and nothing was found" }),
    receiptFaults: Type.Array(Type.String(), { description: "What does not fit in the receipt by itself" }),
    isSigned: Type.Boolean({ description: "Whether a signed checkpoint covers the receipt" }),
    isSignatureChecked: Type.Boolean({ description: "False where the scheduler has no signing key" }),
    receipts: Count,
    entries: Count,
    checkpoints: Count,
    unsigned: Type.Integer({ description: "Entries of the log that no checkpoint covers yet" }),
    faults: Type.Array(
      Type.Object({
        sequence: Type.Union([Type.Integer(), Type.Null()]),
        checkpoint: Type.Union([Type.Integer(), Type.Null()]),
        erasureId: Type.Union([Type.String(), Type.Null()]),
        fault: Type.String(),
      }),
      { description: "What does not fit in the log" },
    ),
    withoutReceipt: Type.Array(Type.String(), {
      description: "Erasures that were completed and whose receipt is gone",
    }),
    search: Type.Enum(["made", "no_key", "lifted"], {
      description:
        "Whether everything was looked through for the person. `no_key`: the scheduler has no privacy key. `lifted`: the person is on the " +
        "suppression list no more.",
    }),
    looked: Type.Object({ records: Count, files: Count, bytes: Count }),
    findings: Type.Array(
      Type.Object({
        place: Type.String(),
        name: Type.String({ description: "A file's path below its place; empty for a table" }),
        records: Count,
      }),
    ),
    held: Type.Integer({ description: "Records that wait for a person to say whose they are" }),
    notSearched: Type.Object({
      tables: Type.Integer({ description: "Tables that the scheduler may not read" }),
      sealed: Type.Integer({ description: "Files that are encrypted because nothing can search them" }),
      destroyed: Type.Integer({ description: "Such files whose keys erasures destroyed" }),
      unreadable: Type.Integer({ description: "Files that could not be read" }),
      missing: Type.Integer({ description: "Files that Lethe keeps and that are not there" }),
    }),
  },
  { $id: "Verification" },
);
export type ErasureVerification = Static<typeof VerificationSchema>;
