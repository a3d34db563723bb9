import { COMMON_SETTINGS, STAGING_SETTINGS } from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import Type, { type Static } from "typebox";

export const LoaderSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...STAGING_SETTINGS,
  ...UNPACK_SETTINGS,
  LETHE_PRIVACY_KEY: Type.String({ description: "Key of hashes and pseudonyms, 32 bytes or more, hexadecimal" }),
  LETHE_POLICY_FILE: Type.Optional(Type.String({ description: "Masking policy; Lethe's own when not given" })),
  LETHE_LOADS_AT_ONCE: Type.Integer({
    default: 2,
    minimum: 1,
    maximum: 64,
    description: "Loads side by side; of transactions, each takes up to four batches that wait",
  }),
});
export type LoaderSettings = Static<typeof LoaderSettings>;
