import Type, { type Static } from "typebox";

const Timestamp = Type.String({ format: "date-time" });
const KeyId = Type.String({ description: "Tells keys apart and reveals nothing of them" });

/** A privacy key by its id, and what it is needed for. */
export const PrivacyKeyUseSchema = Type.Object({
  id: KeyId,
  state: Type.Enum(["in use", "kept", "missing"], {
    description:
      "`kept`: an older one, which recognises what it hashed. `missing`: suppressions need it, and it is not in the ring.",
  }),
  suppressions: Type.Integer({ description: "People on the suppression list who are known by it" }),
  since: Type.Union([Timestamp, Type.Null()], { description: "When the first of them came on the list" }),
});
export type PrivacyKeyUse = Static<typeof PrivacyKeyUseSchema>;

/** A key that signs checkpoints of the log, by its id. */
export const SigningKeyUseSchema = Type.Object({
  id: KeyId,
  checkpoints: Type.Integer({ description: "Checkpoints that it has signed" }),
  since: Type.Union([Timestamp, Type.Null()], { description: "When it signed the first of them" }),
  until: Type.Union([Timestamp, Type.Null()], { description: "When it signed the last of them" }),
  isInUse: Type.Boolean({ description: "Whether the newest checkpoint is signed with it" }),
});
export type SigningKeyUse = Static<typeof SigningKeyUseSchema>;
