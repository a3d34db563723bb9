import { REFUND_MODES } from "@lethe/contracts/refunds";
import { SCHEMA_MODES } from "@lethe/contracts/schema-changes";
import { DEEPEST_NESTING } from "@lethe/datasets/nesting";
import { COMMON_SETTINGS, PRIVACY_SETTINGS } from "@lethe/service-kit/settings";
import Type, { type Static } from "typebox";

export const TransformerSettings = Type.Object({
  ...COMMON_SETTINGS,
  ...PRIVACY_SETTINGS,
  LETHE_TRANSFORM_MEMORY_MB: Type.Integer({
    default: 256,
    minimum: 64,
    description: "Heap of a thread that transforms batches, in MiB; the thread starts anew when a record exhausts it",
  }),
  LETHE_TRANSFORM_SECONDS: Type.Integer({ default: 60, minimum: 2, description: "Seconds that a batch may take" }),
  LETHE_RECORD_SECONDS: Type.Integer({
    default: 5,
    minimum: 2,
    description: "Seconds that a record may take; one that takes longer is rejected",
  }),
  LETHE_MAX_POISON: Type.Integer({
    default: 100,
    minimum: 0,
    description: "Records of a batch that may exhaust memory, stack or time before the batch fails",
  }),
  LETHE_SCHEMA_CHANGES: Type.Enum([...SCHEMA_MODES], {
    default: "quarantine",
    description: "What becomes of a record with a field that its dataset does not declare; see docs/data-rules.md",
  }),
  LETHE_REFUNDS: Type.Enum([...REFUND_MODES], {
    default: "reject",
    description:
      "What becomes of a sale with a quantity or a total below zero, or a quantity of zero; see docs/data-rules.md",
  }),
  LETHE_MAX_NESTING: Type.Integer({
    default: 100,
    minimum: 10,
    maximum: DEEPEST_NESTING,
    description: "Arrays and objects that a record may hold within each other; one with more is unreadable",
  }),
});
export type TransformerSettings = Static<typeof TransformerSettings>;
