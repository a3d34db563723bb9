import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";

/** A processed file that an erasure rewrote: whoever took a copy of it must take it anew. It says nothing of whose data it was. */
export const RewrittenFileSchema = Type.Object(
  {
    /** Its place in the feed. A file that is rewritten again has another entry, further on. */
    position: Type.Integer(),
    dataset: DatasetNameSchema,
    /** Below `processed_data`. */
    path: Type.String(),
    date: Type.String({ format: "date" }),
    hour: Type.Integer({ minimum: 0, maximum: 23 }),
    /** The day, in UTC. */
    rewrittenOn: Type.String({ format: "date" }),
  },
  { $id: "RewrittenFile" },
);
export type RewrittenFile = Static<typeof RewrittenFileSchema>;

/** The webhook's message, as Standard Webhooks asks for it. */
export interface RewrittenMessage {
  readonly type: "processed_files.rewritten";
  /** ISO 8601. */
  readonly timestamp: string;
  readonly data: { readonly files: readonly RewrittenFile[]; readonly position: number };
}
