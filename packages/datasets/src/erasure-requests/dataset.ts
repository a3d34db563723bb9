import { keyedHash, pseudonym } from "@lethe/privacy/privacy-key";
import Type, { type Static } from "typebox";
import { cleanEmail } from "../cleaning/text.js";
import { copyRow } from "../copy-text.js";
import { csvText } from "../csv-field.js";
import { CUSTOMER_ID_PATTERN } from "../customers/schema.js";
import type { Dataset } from "../dataset.js";
import { MASKABLE } from "../maskable.js";
import { customerIdOf, textFieldOf } from "../read-field.js";
import { shapeOf } from "../record-shape.js";
import { compileSchema } from "../schema-check.js";
import { ERASURE_REQUEST_MERGE, ERASURE_REQUEST_STAGING } from "./merge.js";

const ERASURE_REQUEST_FIELDS = {
  "customer-id": Type.String({ pattern: CUSTOMER_ID_PATTERN }),
  email: Type.String({ pattern: "^\\s*[^\\s@]+@[^\\s@]+\\s*$" }),
} as const;

const ErasureRequestSchema = Type.Object(ERASURE_REQUEST_FIELDS);
type RawErasureRequest = Static<typeof ErasureRequestSchema>;

/**
 * Creates the erasure requests dataset.
 * Plain id and email live in the staged rows alone, to be matched with the customer; what is kept are keyed hashes.
 */
export function createErasureRequests(): Dataset {
  const contract = Type.Object(ERASURE_REQUEST_FIELDS, { additionalProperties: false });
  const schema = compileSchema(contract);
  const subjectOf: Dataset["subjectOf"] = (record) => ({
    customerId: customerIdOf(record, "customer-id"),
    email: cleanEmail(textFieldOf(record, "email")),
  });
  return {
    name: "erasure-requests",
    fields: { "customer-id": MASKABLE.customerId, email: MASKABLE.text },
    fenced: false,
    // The request was taken the first time: no reason to keep whose it was in plain.
    maskedReasons: ["duplicate"],
    shape: shapeOf(contract),
    fromCsv: (row) => Object.fromEntries(Object.entries(row).map(([name, field]) => [name, csvText(field)])),
    subjectOf,
    check: (record) => (schema.fits(record) ? undefined : schema.explain(record)),
    identityOf(record) {
      const { customerId, email } = subjectOf(record);
      return `${customerId} ${email}`;
    },
    accept(record, place, sinks, key) {
      const request = record as RawErasureRequest;
      const id = request["customer-id"];
      const email = cleanEmail(request.email) ?? "";
      const alias = pseudonym(key, id);
      sinks[0]?.append(
        copyRow([
          place.ordinal,
          place.fileId,
          place.partitionStart,
          id,
          email,
          `\\x${keyedHash(key, "customer-id", id).toString("hex")}`,
          `\\x${keyedHash(key, "email", email).toString("hex")}`,
          alias,
          key.id,
        ]),
      );
      return { processed: JSON.stringify({ "customer-id": alias }) };
    },
    // Id and email were left out of it from the first.
    maskProcessed: (record) => record,
    stagingTables: [ERASURE_REQUEST_STAGING],
    merge: ERASURE_REQUEST_MERGE,
  };
}
