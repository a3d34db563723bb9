import Type, { type Static } from "typebox";
import { DatasetNameSchema } from "./datasets.js";
import { NO_LINE, type NoLine } from "./no-line.js";

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);
const Instant = Type.String({ format: "date-time" });
const Uuid = Type.String({ format: "uuid" });

/** A file as it was delivered: what the ledger knows of it, under the name that Lethe gave it. */
export const DeliverySchema = Type.Object(
  {
    fileId: Type.Integer({ description: "Its number in the ledger" }),
    dataset: DatasetNameSchema,
    partition: Type.String({ description: "The first instant of its hour" }),
    keptAs: Nullable(Type.String({ description: "Where it is kept, below DATA_DIR; null while its run is at work" })),
    state: Type.String(),
    takenAt: Instant,
    runId: Type.String({ format: "uuid", description: "The run that took it in" }),
  },
  { $id: "Delivery" },
);
export type Delivery = Static<typeof DeliverySchema>;

/** A dataset whose records can be traced by their key. */
export const TraceableDatasetSchema = Type.Object(
  {
    dataset: DatasetNameSchema,
    key: Type.String({ description: "The field that holds the key" }),
    isPersonal: Type.Boolean({ description: "Whether the key identifies a person, and goes by POST alone" }),
  },
  { $id: "TraceableDataset" },
);

/** A batch that held a line, and the run that it belongs to: the one that took the file, or a replay. */
export const LineBatchSchema = Type.Object(
  { batchId: Uuid, number: Type.Integer(), state: Type.String(), runId: Uuid, kind: Type.String() },
  { $id: "LineBatch" },
);
export type LineBatch = Static<typeof LineBatchSchema>;

const TracedRow = Type.Object({
  table: Type.String(),
  isCurrent: Type.Boolean({ description: "False for a superseded version" }),
  validFrom: Nullable(Instant),
  /** Rows of other tables that came with it from the same line. */
  withRows: Type.Array(Type.Object({ table: Type.String(), rows: Type.Integer() })),
  delivery: Nullable(Type.Unsafe<Delivery>({ $ref: "Delivery#" })),
  line: Nullable(Type.Integer({ description: "From 1, as quarantine counts" })),
  noLine: Nullable(Type.Enum(Object.keys(NO_LINE) as NoLine[])),
  batches: Type.Array(Type.Unsafe<LineBatch>({ $ref: "LineBatch#" })),
});

export const RecordTraceSchema = Type.Object(
  {
    dataset: DatasetNameSchema,
    found: Type.Enum(["rows", "erased", "nothing"], {
      description: "`erased`: the record was there, and its person was erased; nothing leads on",
    }),
    rows: Type.Array(TracedRow),
  },
  { $id: "RecordTrace" },
);
export type RecordTrace = Static<typeof RecordTraceSchema>;

export const LineTraceSchema = Type.Object(
  {
    delivery: Type.Unsafe<Delivery>({ $ref: "Delivery#" }),
    line: Type.Integer(),
    outcome: Type.Enum(["loaded", "quarantined", "blank", "not_there", "no_trace"], {
      description: "`no_trace`: no row is of this line (any more): it is not loaded yet, or its person was erased",
    }),
    rows: Type.Array(
      Type.Object({
        table: Type.String(),
        isCurrent: Type.Boolean(),
        key: Nullable(Type.String({ description: "Null where it identifies a person" })),
      }),
    ),
    quarantine: Type.Array(
      Type.Object({
        id: Type.Integer(),
        reason: Type.String(),
        status: Type.String(),
        pointer: Nullable(Type.String()),
        message: Type.String(),
        runId: Uuid,
      }),
    ),
    batches: Type.Array(Type.Unsafe<LineBatch>({ $ref: "LineBatch#" })),
  },
  { $id: "LineTrace" },
);
export type LineTrace = Static<typeof LineTraceSchema>;
