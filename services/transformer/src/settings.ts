import { DEEPEST_NESTING } from "@lethe/datasets/nesting";
import { COMMON_SETTINGS } from "@lethe/service-kit/settings";
import Type, { type Static } from "typebox";

export const TransformerSettings = Type.Object({
  ...COMMON_SETTINGS,
  LETHE_PRIVACY_KEY: Type.String({ description: "Key of hashes and pseudonyms, 32 bytes or more, hexadecimal" }),
  LETHE_POLICY_FILE: Type.Optional(Type.String({ description: "Masking policy; Lethe's own when not given" })),
  LETHE_MAX_NESTING: Type.Integer({
    default: 100,
    minimum: 10,
    maximum: DEEPEST_NESTING,
    description: "A record with more arrays and objects within each other is unreadable",
  }),
  LETHE_ALLOW_EXTRA_FIELDS: Type.Boolean({ default: false, description: "Drop unknown fields instead of rejecting" }),
});
export type TransformerSettings = Static<typeof TransformerSettings>;
