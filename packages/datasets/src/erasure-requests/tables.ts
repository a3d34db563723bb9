import { identifying, neutral, type TableDeclaration } from "@lethe/contracts/data-map";

export const ERASURE_REQUEST_TABLES: readonly TableDeclaration[] = [
  {
    name: "warehouse.erasure_requests",
    title: "Erasure requests",
    primaryKey: "id",
    columns: {
      customer_key: identifying("keyed-hash", { field: "customer-id" }),
      email_key: identifying("keyed-hash", { field: "email" }),
      pseudonym: identifying("pseudonym", { field: "customer-id" }),
      pseudonyms: identifying("pseudonym", { field: "customer-id", many: true }),
      ...neutral(`
        id subject_id kind outcome key_id state policy_version found requested_at received_at suppressed_at completed_at run_id source_file_id quarantine_id`),
    },
    sourceFile: "source_file_id",
    rights: { scheduler: "select, update (state)", loader: "select, insert, update" },
  },
];
