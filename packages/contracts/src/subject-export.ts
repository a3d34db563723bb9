import Type, { type Static } from "typebox";
import { RequestSchema } from "./requests.js";

const Timestamp = Type.String({ format: "date-time" });
const Nullable = <T extends ReturnType<typeof Type.String> | typeof Timestamp>(type: T) =>
  Type.Union([type, Type.Null()]);

const Source = {
  /** The file that it came from, as it was named on arrival; null where the record came from none. */
  file: Nullable(Type.String()),
  /** The hour that the file was handed in for, UTC. */
  date: Nullable(Timestamp),
};

/** A copy of everything that Lethe holds on a person (GDPR Art. 15 and 20). */
export const SubjectExportSchema = Type.Object(
  {
    createdAt: Timestamp,
    identifiers: Type.Object({
      customerIds: Type.Array(Type.String()),
      emails: Type.Array(Type.String()),
      names: Type.Array(Type.String()),
    }),
    /** Since when the person's data is restricted (Art. 18); null when it is not. */
    restrictedAt: Nullable(Timestamp),
    /** Requests to be forgotten that are known to be this person's. */
    requests: Type.Array(Type.Object({ ...RequestSchema.properties })),
    /** Rows of the database, table by table. */
    tables: Type.Array(
      Type.Object({
        table: Type.String(),
        title: Type.String(),
        rows: Type.Array(Type.Object({ ...Source, data: Type.Record(Type.String(), Type.Unknown()) })),
      }),
    ),
    /** Records that were set aside, with the reason. */
    quarantine: Type.Array(
      Type.Object({
        ...Source,
        dataset: Type.String(),
        reason: Type.String(),
        status: Type.String(),
        receivedAt: Timestamp,
        record: Type.String(),
      }),
    ),
    /** Records in the files that Lethe keeps, as they stand there. */
    files: Type.Array(
      Type.Object({ place: Type.String(), file: Type.String(), date: Timestamp, records: Type.Array(Type.String()) }),
    ),
    /** Files, or the rest of some, that cannot be searched, so that they may hold the person. */
    notSearched: Type.Array(Type.String()),
  },
  { $id: "SubjectExport" },
);
export type SubjectExport = Static<typeof SubjectExportSchema>;
