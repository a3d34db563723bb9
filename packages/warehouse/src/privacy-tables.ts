import { identifying, neutral, type TableDeclaration } from "@lethe/contracts/data-map";

/** What keeps erased people erased, and the proof of it. Receipts and the log of suppressions are written once. */
export const PRIVACY_TABLES: readonly TableDeclaration[] = [
  {
    name: "privacy.subjects",
    title: "People who asked to be forgotten",
    primaryKey: "id",
    columns: neutral("id outcome created_at"),
    rights: { scheduler: "select, insert", transformer: "select", loader: "select, insert, update (outcome)" },
  },
  {
    name: "privacy.suppressions",
    title: "Suppression list",
    primaryKey: "subject_id, act, kind, key",
    columns: {
      key: identifying("keyed-hash"),
      ...neutral("subject_id act kind key_id created_at lifted_at is_logged"),
    },
    rights: {
      // Lifting a suppression is a request to the scheduler.
      scheduler: "select, insert, update (lifted_at, is_logged)",
      transformer: "select",
      loader: "select, insert, update",
    },
  },
  {
    name: "privacy.questions",
    title: "Questions that a privacy officer decides",
    primaryKey: "id",
    columns: {
      key: identifying("keyed-hash"),
      ...neutral("id kind subject_id opened_at decided_at decision"),
    },
    rights: {
      scheduler: "select, update (decided_at, decision)",
      loader: "select, insert, update (decided_at, decision)",
    },
  },
  {
    name: "privacy.erasure_values",
    title: "What pending erasures search for",
    primaryKey: "erasure_id",
    columns: {
      // Encrypted with a key that the database does not have, and deleted when the erasure is completed.
      sealed: identifying("keyed-hash"),
      ...neutral("erasure_id"),
    },
    rights: { loader: "select, insert, update, delete" },
  },
  {
    name: "privacy.erasure_fence",
    title: "Who works on erasures now",
    primaryKey: "only_row",
    columns: neutral("only_row token"),
    rights: { loader: "select, update" },
  },
  {
    name: "privacy.erased_records",
    title: "Records that were erased, so that an old file does not bring them again",
    primaryKey: "record_hash",
    columns: { record_hash: identifying("keyed-hash"), ...neutral("key_id") },
    // A trace of a record that is not there says whether it was erased.
    rights: { scheduler: "select", loader: "select, insert", merger: "select, insert" },
  },
  {
    name: "privacy.record_replacements",
    title: "Random ids of erased records, until their files have them too",
    primaryKey: "record_hash",
    columns: { record_hash: identifying("keyed-hash"), ...neutral("replacement erasure_id run_id") },
    rights: { transformer: "select", loader: "select, insert, update, delete", merger: "insert" },
  },
  {
    name: "privacy.suppression_epoch",
    title: "Version of the suppression list",
    primaryKey: "only_row",
    columns: neutral("only_row epoch"),
    rights: { scheduler: "select, update (epoch)", transformer: "select", loader: "select, update (epoch)" },
  },
  {
    name: "privacy.suppression_log",
    title: "Lifted suppressions",
    primaryKey: "id",
    // Whoever writes the note is asked to name a case, not a person.
    columns: neutral("id erasure_id act note at"),
    rights: { scheduler: "select, insert" },
  },
  {
    name: "privacy.erasure_places",
    title: "What erasures masked, by place",
    primaryKey: "erasure_id, place, name",
    columns: neutral("erasure_id place name records values"),
    rights: { loader: "select, insert, update, delete" },
  },
  {
    name: "privacy.proof_log",
    title: "Log of receipts, suppressions and decisions",
    primaryKey: "sequence",
    columns: {
      ...neutral("sequence kind previous_hash hash created_at"),
      // Names people by pseudonyms and keyed hashes, and holds counts and times.
      body: identifying("pseudonym"),
    },
    rights: { scheduler: "select, insert", loader: "select, insert" },
  },
  {
    name: "privacy.checkpoints",
    title: "Signed checkpoints of the log",
    primaryKey: "number",
    columns: neutral(
      "number log_size head_hash suppressions suppressions_digest decisions decisions_digest previous_hash created_at key_id hash signature",
    ),
    rights: { scheduler: "select, insert", loader: "select, insert" },
  },
  {
    name: "privacy.review_findings",
    title: "Mentions of erased people in others’ records",
    primaryKey: "id",
    columns: neutral("id erasure_id kind place name pointer line records created_at"),
    rights: { scheduler: "select", loader: "select, insert, update" },
  },
  {
    name: "privacy.erasure_attempts",
    title: "Erasures that wait for another attempt",
    primaryKey: "erasure_id",
    columns: neutral("erasure_id attempts error_code place name last_at next_at"),
    rights: { scheduler: "select", loader: "select, insert, update, delete" },
  },
  {
    name: "privacy.file_keys",
    title: "Keys of files that cannot be searched",
    primaryKey: "file_id",
    columns: neutral("file_id sealed created_at destroyed_at"),
    rights: { scheduler: "select", loader: "select, insert, update" },
  },
];
