import { COMMON_SETTINGS, PRIVACY_SETTINGS, STAGING_SETTINGS } from "@lethe/service-kit/settings";
import { UNPACK_SETTINGS } from "@lethe/service-kit/unpack-settings";
import Type, { type Static } from "typebox";
import { READY_MARKERS } from "./ready-markers.js";

const MIB = 1024 * 1024;

export const ExtractorSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...STAGING_SETTINGS,
  ...UNPACK_SETTINGS,
  LETHE_PRIVACY_KEY: PRIVACY_SETTINGS.LETHE_PRIVACY_KEY,
  LETHE_BATCH_BYTES: Type.Integer({
    default: 8 * MIB,
    minimum: 1024,
    description: "Approximate size of a batch's lines in bytes",
  }),
  LETHE_MAX_RECORD_BYTES: Type.Integer({
    default: MIB,
    minimum: 1024,
    // An erasure holds a record in memory several times over.
    maximum: 16 * MIB,
    description: "Size of the longest record or line in bytes; a file with a longer one is quarantined as unreadable",
  }),
  LETHE_MAX_FILE_BYTES: Type.Integer({
    default: 64 * 1024 * MIB,
    minimum: 1024,
    description: "Size of the largest file once it is unpacked, in bytes; a larger one is quarantined as unreadable",
  }),
  LETHE_MAX_COLUMNS: Type.Integer({
    default: 1_000,
    minimum: 1,
    description: "Columns of the widest CSV header; a file with a wider one is quarantined as unreadable",
  }),
  LETHE_INPUT_FORMATS: Type.String({
    default: "{}",
    description:
      "How senders write the files of a dataset where Lethe cannot see it, as JSON by dataset: encoding, delimiter, escape, decimalComma, columns and names (docs/data-rules.md)",
  }),
  LETHE_SETTLE_SECONDS: Type.Integer({
    default: 5,
    minimum: 0,
    maximum: 3_600,
    description:
      "How long a file must have been quiet in landing, in seconds, before it is taken; a run waits for that once. 0 under `npm start -- --once`",
  }),
  LETHE_READY_MARKER: Type.Enum(READY_MARKERS, {
    default: "none",
    description:
      "How senders mark what is finished: none; _SUCCESS, a file in the folder; .done, beside each file one of its name and .done. Without its marker nothing is taken",
  }),
  LETHE_MAX_FILES_PER_RUN: Type.Integer({
    default: 100_000,
    minimum: 1,
    description: "Files that a run takes at most; the others wait for the next run",
  }),
});
export type ExtractorSettings = Static<typeof ExtractorSettings>;
