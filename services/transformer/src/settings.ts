import { SCHEMA_MODES } from "@lethe/contracts/schema-changes";
import { DEEPEST_NESTING } from "@lethe/datasets/nesting";
import { COMMON_SETTINGS } from "@lethe/service-kit/settings";
import Type, { type Static } from "typebox";

export const TransformerSettings = Type.Object({
  ...COMMON_SETTINGS,
  LETHE_PRIVACY_KEY: Type.String({ description: "Key of hashes and pseudonyms, 32 bytes or more, hexadecimal" }),
  LETHE_POLICY_FILE: Type.Optional(Type.String({ description: "Masking policy; Lethe's own when not given" })),
  LETHE_TRANSFORM_MEMORY_MB: Type.Integer({
    default: 256,
    minimum: 64,
    description: "Heap of a thread that transforms batches, in MiB; it starts anew when a record exhausts it",
  }),
  LETHE_TRANSFORM_SECONDS: Type.Integer({ default: 60, minimum: 2, description: "Time for a batch" }),
  LETHE_RECORD_SECONDS: Type.Integer({
    default: 5,
    minimum: 2,
    description: "Time for one record; one that takes longer is rejected",
  }),
  LETHE_MAX_POISON: Type.Integer({
    default: 100,
    minimum: 0,
    description: "Records of a batch that may exhaust memory, stack or time before the batch is given up",
  }),
  LETHE_SCHEMA_CHANGES: Type.Enum([...SCHEMA_MODES], {
    default: "quarantine",
    description: "What becomes of records with fields that the dataset does not know: freeze, discard or quarantine",
  }),
  LETHE_MAX_NESTING: Type.Integer({
    default: 100,
    minimum: 10,
    maximum: DEEPEST_NESTING,
    description: "A record with more arrays and objects within each other is unreadable",
  }),
});
export type TransformerSettings = Static<typeof TransformerSettings>;
