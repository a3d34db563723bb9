import { neutral, type TableDeclaration } from "@lethe/contracts/data-map";

/** The tables that say who may use the API, and who decided what. */
export const ACCESS_TABLES: readonly TableDeclaration[] = [
  {
    name: "privacy.api_tokens",
    title: "API tokens",
    primaryKey: "id",
    // A token's name says a task: whoever creates one is asked not to name a person.
    columns: neutral("id name role sha256 created_at revoked_at"),
    // Only the command line, which has the owner's rights, creates and revokes tokens.
    rights: { scheduler: "select" },
  },
  {
    name: "privacy.acts",
    title: "Decisions about people’s data",
    primaryKey: "id",
    // Whoever writes the reason is asked to name a case, not a person.
    columns: neutral("id act acted_by quarantine_id erasure_id reason acted_at"),
    // An erasure knows whether its term was extended.
    rights: { scheduler: "select, insert", loader: "select" },
  },
];
