import { ERASED_ID } from "@lethe/privacy/erased-id";
import Type, { type Static } from "typebox";
import { dayOf } from "../cleaning/day.js";
import { parseDay } from "../cleaning/timestamp.js";
import { copyRow } from "../copy-text.js";
import type { Rejection } from "../dataset.js";
import type { DatasetDefinition } from "../define-dataset.js";
import * as field from "../field.js";
import { isPlausibleChange } from "../plausible-time.js";
import { schemaRejection } from "../schema-check.js";
import { cleanCustomer, type MaskableCustomer } from "./clean.js";
import { CUSTOMER_MERGE, CUSTOMER_ROW, CUSTOMER_STAGING } from "./merge.js";
import { CUSTOMER_FIELDS, type RawCustomer } from "./schema.js";
import { CUSTOMER_TABLES } from "./tables.js";

const CustomerSchema = Type.Object(CUSTOMER_FIELDS, { additionalProperties: false });
const DATE_FIELDS = ["date_of_birth", "last_change"] as const;

export const customers: DatasetDefinition = {
  name: "customers",
  description: "customers, with every version of them",
  schedule: "0 * * * *",
  runsAfter: [],
  contract: CustomerSchema,
  fields: {
    id: field.customerId,
    first_name: field.personalName,
    last_name: field.personalName,
    date_of_birth: field.personalDate,
    email: field.email,
    phone_number: field.personalPhone,
    address: field.personalAddress,
    city: field.personalText,
    country: field.keptByDefault(field.personalText),
    postcode: field.personalPostcode,
    last_change: field.keptByDefault(field.personalDate),
    segment: field.keptByDefault(field.personalText),
  },
  checkFurther: (record) => findWrongDate(record as Static<typeof CustomerSchema>),
  accept(record, place, sinks) {
    const customer = cleanCustomer(record as MaskableCustomer);
    const now = new Date().toISOString();
    // The shared customer's row says of no one erased person when they came, or from which file.
    const isShared = customer.id === ERASED_ID;
    sinks[0]?.append(
      copyRow([
        place.ordinal,
        isShared ? null : place.fileId,
        isShared ? 0 : place.line,
        isShared ? dayOf(now) : place.partitionStart,
        isShared ? dayOf(now) : place.masked ? now : null,
        ...CUSTOMER_ROW.map((name) => customer[name]),
      ]),
    );
    const processed = JSON.stringify(customer);
    return isPlausibleChange(customer.last_change, place.partitionStart, Date.now())
      ? { processed }
      : { processed, warnings: ["change_implausible"] };
  },
  // Phone in E.164 and country code follow from what masking has left of phone and country.
  processed: { derive: (record) => cleanCustomer(record as MaskableCustomer) },
  stagingTables: [CUSTOMER_STAGING],
  merge: CUSTOMER_MERGE,
  tables: CUSTOMER_TABLES,
  sample: ({ customerId, email, word }): RawCustomer => ({
    id: customerId,
    first_name: word("first"),
    last_name: word("last"),
    date_of_birth: "1980-05-17",
    email,
    phone_number: "+44(0)808 157 0808",
    address: `${word("house")}\n${word("street")}`,
    city: word("city"),
    country: "United Kingdom",
    postcode: word("postcode"),
    last_change: "2020-01-31",
    segment: null,
  }),
};

function findWrongDate(customer: Static<typeof CustomerSchema>): Rejection | undefined {
  for (const name of DATE_FIELDS) {
    const value = customer[name];
    const day = value === null || value === undefined ? undefined : parseDay(value);
    if (day !== undefined && "problem" in day) return schemaRejection(`/${name}`, day.problem);
  }
  return undefined;
}
