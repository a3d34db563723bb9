import { asItIs, identifying, neutral, personal, type TableDeclaration, unlinked } from "@lethe/contracts/data-map";
import { toCountryCode } from "../cleaning/country.js";
import { toE164 } from "../cleaning/phone.js";

/** A version of a customer. The policy keeps country, segment and date of last change, so analysts see them of everybody. */
const VERSION = {
  id: identifying("customer-id", { field: "id", analytics: "customer" }),
  first_name: personal("first_name"),
  last_name: personal("last_name"),
  date_of_birth: personal("date_of_birth", {
    analytics: { as: "birth_year", sql: (date) => `extract(year from ${date})::integer` },
  }),
  email: identifying("email", { field: "email" }),
  phone_number: personal("phone_number"),
  phone_e164: personal("phone_number", { derived: true }),
  address: personal("address"),
  city: personal("city"),
  country: personal("country", { analytics: asItIs("country") }),
  country_code: personal("country", { derived: true, analytics: asItIs("country_code") }),
  postcode: personal("postcode"),
  segment: personal("segment", { analytics: asItIs("segment") }),
  last_change: personal("last_change", { analytics: asItIs("last_change") }),
  ...unlinked("day", "source_partition loaded_at erased_at"),
  // A version holds from its date of last change, which says something of the person, or else from its partition.
  ...unlinked({ dayOf: "source_partition" }, "valid_from"),
  ...unlinked("nothing", "source_file_id"),
  // They hold the day of the last change, and the file.
  first_seen: personal("last_change", { derived: true }),
  last_seen: personal("last_change", { derived: true }),
} as const;

/** Phone in E.164 and country code follow from what masking has left of phone and country. Ages go with the rest. */
function derive({ phone_number: phone, country }: Readonly<Record<string, unknown>>) {
  const code = typeof country === "string" ? toCountryCode(country) : null;
  return {
    phone_e164: typeof phone === "string" ? toE164(phone, code) : null,
    country_code: code,
    first_seen: null,
    last_seen: null,
  };
}

export const CUSTOMER_TABLES: readonly TableDeclaration[] = [
  {
    name: "warehouse.customers",
    title: "Customer",
    primaryKey: "id",
    derive,
    restrictedAt: "restricted_at",
    columns: {
      ...VERSION,
      ...unlinked("nothing", "restricted_at"),
      analytics_id: identifying("analytics-id", { leaves: "the same random number" }),
    },
    sourceFile: "source_file_id",
    erasedAt: "erased_at",
    history: "warehouse.customers_history",
    registersSubjects: true,
    analyticsView: "customers",
    rights: {
      // A privacy officer gives a person a copy of their data, and restricts it.
      scheduler: "select, update (restricted_at)",
      extractor: "select (id)",
      loader: "select, insert, update, delete",
      // What it refers to it locks, which takes a right to update; what it updates is of no consequence.
      merger: "select (id, erased_at), update (loaded_at)",
    },
  },
  {
    name: "warehouse.customers_history",
    title: "Older versions of the customer",
    primaryKey: "version_id",
    derive,
    columns: { ...VERSION, ...neutral("version_id"), ...unlinked("nothing", "valid_to") },
    sourceFile: "source_file_id",
    erasedAt: "erased_at",
    rights: { scheduler: "select", loader: "select, insert, update" },
  },
];
