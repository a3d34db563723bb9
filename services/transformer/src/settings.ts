import { SCHEMA_MODES } from "@lethe/contracts/schema-changes";
import { COMMON_SETTINGS } from "@lethe/service-kit/settings";
import Type, { type Static } from "typebox";

export const TransformerSettings = Type.Object({
  ...COMMON_SETTINGS,
  LETHE_PRIVACY_KEY: Type.String({ description: "Key of hashes and pseudonyms, 32 bytes or more, hexadecimal" }),
  LETHE_POLICY_FILE: Type.Optional(Type.String({ description: "Masking policy; Lethe's own when not given" })),
  LETHE_SCHEMA_CHANGES: Type.Enum([...SCHEMA_MODES], {
    default: "quarantine",
    description: "What becomes of records with fields that the dataset does not know: freeze, discard or quarantine",
  }),
});
export type TransformerSettings = Static<typeof TransformerSettings>;
