import { isCalendarDate } from "@lethe/contracts/partition";
import Type, { type Static } from "typebox";
import { cleanText } from "../cleaning/text.js";
import { copyRow } from "../copy-text.js";
import { CUSTOMER_REFERENCE_PATTERN } from "../customers/schema.js";
import type { DatasetDefinition } from "../define-dataset.js";
import * as field from "../field.js";
import { Sku } from "../products/schema.js";
import { schemaRejection } from "../schema-check.js";
import { RETURN_MERGE, RETURN_STAGING } from "./merge.js";
import { RETURN_TABLES } from "./tables.js";

const ReturnSchema = Type.Object(
  {
    return_id: Type.String({ pattern: "^R[0-9]{8}$" }),
    customer_id: Type.String({ pattern: CUSTOMER_REFERENCE_PATTERN }),
    sku: Sku,
    returned_on: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" }),
    // Whatever the customer wrote, so it may name anybody.
    reason: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  },
  { additionalProperties: false },
);
type RawReturn = Static<typeof ReturnSchema>;

export const returns: DatasetDefinition = {
  name: "returns",
  description: "goods that customers sent back, with the reasons that they gave",
  schedule: "30 * * * *",
  runsAfter: ["customers", "products"],
  contract: ReturnSchema,
  csv: { numbers: ["sku"] },
  fields: {
    return_id: field.notPersonal,
    customer_id: field.customerId,
    sku: field.notPersonal,
    returned_on: field.notPersonal,
    reason: field.personalText,
  },
  checkFurther: (record) =>
    isCalendarDate((record as RawReturn).returned_on)
      ? undefined
      : schemaRejection("/returned_on", "is not a day of the calendar"),
  accept(record, place, sinks) {
    const { return_id, customer_id, sku, returned_on, reason } = record as RawReturn;
    const cleaned = { return_id, customer_id, sku, returned_on, reason: cleanText(reason ?? null) };
    sinks[0]?.append(copyRow([place.ordinal, place.fileId, ...Object.values(cleaned)]));
    return { processed: JSON.stringify(cleaned) };
  },
  stagingTables: [RETURN_STAGING],
  merge: RETURN_MERGE,
  tables: RETURN_TABLES,
  sample: ({ customerId, word }): RawReturn => ({
    return_id: "R00000001",
    customer_id: customerId,
    sku: 50_121,
    returned_on: "2020-02-03",
    reason: word("reason"),
  }),
};
