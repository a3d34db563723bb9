import { isCalendarDate } from "@lethe/contracts/partition";
import Type from "typebox";
import { cleanEmail } from "../cleaning/text.js";
import { copyRow } from "../copy-text.js";
import { csvText } from "../csv-field.js";
import type { Dataset } from "../dataset.js";
import { MASKABLE } from "../maskable.js";
import { customerIdOf, textFieldOf } from "../read-field.js";
import { shapeOf } from "../record-shape.js";
import { compileSchema, schemaRejection } from "../schema-check.js";
import { cleanCustomer, type MaskableCustomer } from "./clean.js";
import { maskCustomer } from "./mask.js";
import { CUSTOMER_MERGE, CUSTOMER_ROW, CUSTOMER_STAGING } from "./merge.js";
import { CUSTOMER_FIELDS } from "./schema.js";

const DATE_FIELDS = ["date_of_birth", "last_change"] as const;

/** Creates the customers dataset. */
export function createCustomers(): Dataset {
  const contract = Type.Object(CUSTOMER_FIELDS, { additionalProperties: false });
  const schema = compileSchema(contract);
  return {
    name: "customers",
    fields: {
      id: MASKABLE.customerId,
      first_name: MASKABLE.text,
      last_name: MASKABLE.text,
      date_of_birth: MASKABLE.date,
      email: MASKABLE.text,
      phone_number: MASKABLE.text,
      address: MASKABLE.text,
      city: MASKABLE.text,
      country: MASKABLE.text,
      postcode: MASKABLE.postcode,
      last_change: MASKABLE.date,
      segment: MASKABLE.text,
    },
    fenced: true,
    maskedReasons: [],
    shape: shapeOf(contract),
    fromCsv: (row) => Object.fromEntries(Object.entries(row).map(([name, field]) => [name, csvText(field)])),
    subjectOf: (record) => ({
      customerId: customerIdOf(record, "id"),
      email: cleanEmail(textFieldOf(record, "email")),
    }),
    check(record) {
      if (!schema.fits(record)) return schema.explain(record);
      const wrong = DATE_FIELDS.find((field) => !isDateOrNull(record[field]));
      return wrong === undefined ? undefined : schemaRejection(`/${wrong}`, "is not a day of the calendar");
    },
    identityOf: () => null,
    accept(record, place, sinks) {
      const customer = cleanCustomer(record as MaskableCustomer);
      sinks[0]?.append(
        copyRow([
          place.ordinal,
          place.fileId,
          place.partitionStart,
          place.masked ? new Date().toISOString() : null,
          ...CUSTOMER_ROW.map((field) => customer[field]),
        ]),
      );
      return { processed: JSON.stringify(customer) };
    },
    maskProcessed: maskCustomer,
    stagingTables: [CUSTOMER_STAGING],
    merge: CUSTOMER_MERGE,
  };
}

function isDateOrNull(value: string | null | undefined): boolean {
  return value === null || value === undefined || isCalendarDate(value);
}
