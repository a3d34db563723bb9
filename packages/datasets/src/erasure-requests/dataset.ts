import { pseudonym } from "@lethe/privacy/privacy-key";
import Type, { type Static } from "typebox";
import { cleanEmail } from "../cleaning/text.js";
import { copyRow } from "../copy-text.js";
import { CUSTOMER_ID_PATTERN } from "../customers/schema.js";
import type { DatasetDefinition } from "../define-dataset.js";
import * as field from "../field.js";
import { customerIdOf, textFieldOf } from "../read-field.js";
import { ERASURE_REQUEST_MERGE, ERASURE_REQUEST_STAGING, SELECT_STAGED_REQUESTS } from "./merge.js";
import { ERASURE_REQUEST_TABLES } from "./tables.js";

const ErasureRequestSchema = Type.Object(
  {
    "customer-id": Type.String({ pattern: CUSTOMER_ID_PATTERN, description: "six digits" }),
    email: Type.String({ pattern: "^\\s*[^\\s@]+@[^\\s@]+\\s*$", description: "an email address" }),
  },
  { additionalProperties: false },
);
type RawErasureRequest = Static<typeof ErasureRequestSchema>;

/** Plain id and email live in the staged rows alone, to be matched with the customer; what is kept are keyed hashes. */
export const erasureRequests: DatasetDefinition = {
  name: "erasure-requests",
  description: "requests of people who ask to be erased",
  schedule: "0 1 * * *",
  runsAfter: [],
  contract: ErasureRequestSchema,
  fields: { "customer-id": field.customerId, email: field.email },
  // The request was taken the first time: no reason to keep whose it was in plain.
  maskedReasons: ["duplicate"],
  identityOf: (record) => `${customerIdOf(record, "customer-id")} ${cleanEmail(textFieldOf(record, "email"))}`,
  accept(record, place, sinks, key) {
    const request = record as RawErasureRequest;
    const id = request["customer-id"];
    const email = cleanEmail(request.email) ?? "";
    sinks[0]?.append(copyRow([place.ordinal, place.fileId, place.partitionStart, id, email]));
    return { processed: JSON.stringify({ "customer-id": pseudonym(key, id) }) };
  },
  stagingTables: [ERASURE_REQUEST_STAGING],
  merge: ERASURE_REQUEST_MERGE,
  tables: ERASURE_REQUEST_TABLES,
  sample: ({ customerId, email }): RawErasureRequest => ({ "customer-id": customerId, email }),
  erasure: {
    selectStaged: SELECT_STAGED_REQUESTS,
    maskedRecord: { "customer-id": null, email: null },
    toRecord: (customerId, email) => ({ "customer-id": customerId, email }),
  },
};
