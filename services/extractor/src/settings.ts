import { COMMON_SETTINGS, STAGING_SETTINGS } from "@lethe/service-kit/settings";
import Type, { type Static } from "typebox";

const MIB = 1024 * 1024;

export const ExtractorSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...STAGING_SETTINGS,
  LETHE_BATCH_BYTES: Type.Integer({ default: 8 * MIB, minimum: 1024, description: "Bytes of lines in a batch, about" }),
  LETHE_MAX_RECORD_BYTES: Type.Integer({
    default: MIB,
    minimum: 1024,
    description: "A file with a longer record or line is quarantined as unreadable",
  }),
});
export type ExtractorSettings = Static<typeof ExtractorSettings>;
