import { COMMON_SETTINGS, STAGING_SETTINGS } from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import Type, { type Static } from "typebox";

const MIB = 1024 * 1024;

export const ExtractorSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...STAGING_SETTINGS,
  ...UNPACK_SETTINGS,
  LETHE_BATCH_BYTES: Type.Integer({ default: 8 * MIB, minimum: 1024, description: "Bytes of lines in a batch, about" }),
  LETHE_MAX_RECORD_BYTES: Type.Integer({
    default: MIB,
    minimum: 1024,
    // An erasure holds a record in memory several times over.
    maximum: 16 * MIB,
    description: "A file with a longer record or line is quarantined as unreadable",
  }),
  LETHE_MAX_FILE_BYTES: Type.Integer({
    default: 64 * 1024 * MIB,
    minimum: 1024,
    description: "A file with more bytes, once unpacked, is quarantined as unreadable",
  }),
  LETHE_MAX_COLUMNS: Type.Integer({
    default: 1_000,
    minimum: 1,
    description: "A CSV file with a row of more fields is quarantined as unreadable",
  }),
  LETHE_MAX_FILES_PER_RUN: Type.Integer({
    default: 100_000,
    minimum: 1,
    description: "Files that one run takes; what is left waits for the next one",
  }),
});
export type ExtractorSettings = Static<typeof ExtractorSettings>;
