import { columnsThatIdentify, type TableDeclaration } from "@lethe/contracts/data-map";
import { partitionStart } from "@lethe/contracts/partition";
import type { SubjectExport } from "@lethe/contracts/subject-export";
import type { Datasets } from "@lethe/datasets/create-datasets";
import { type Keyring, keyedHash } from "@lethe/privacy/privacy-key";
import type { FindSuppression, Suppression } from "@lethe/privacy/suppression-list";
import { requestsInQuarantine, requestsOfKeys } from "@lethe/warehouse/erasures/requests";
import type { Pool } from "@lethe/warehouse/pool";
import { type Claim, identifySubject, ownEmails } from "./identify-subject.js";
import { filesOf, type PersonFile } from "./person-files.js";
import { isCorrectedTo } from "./quarantine-statements.js";
import { recordsInFile } from "./records-in-file.js";
import { readRestriction } from "./restriction.js";
import type { FileContext } from "./scan-file.js";
import type { SubjectComponent } from "./subject-graph.js";

/** What an export looks through. Without the keys, requests that were taken are not known to be the person's. */
export interface ExportContext extends FileContext {
  readonly pool: Pool;
  readonly ring?: Keyring | undefined;
}

/**
 * Returns everything that is held on a person: rows of every table that declares people, with those that hang on them; records in
 * quarantine and in files; requests and a restriction. Changes nothing. Throws NotFoundError, and IdentityDoubtError where it
 * may be somebody else who asks: see `identifySubject`.
 */
export async function exportSubject(context: ExportContext, claim: Claim): Promise<SubjectExport> {
  const subject = await identifySubject(context.pool, context.datasets, claim);
  const { ids } = subject;
  const emails = ownEmails(subject);
  const files = await filesOfSubject(context, subject);
  const found = [];
  const notSearched: string[] = [];
  const isPerson: FindSuppression = (id, email) =>
    (id !== null && ids.includes(id)) || (email !== null && emails.includes(email)) ? FOUND : undefined;
  for (const file of files) {
    const { records, isComplete } = await recordsInFile(context, file, isPerson);
    const name = `${file.place}/${file.path}`;
    if (!isComplete) notSearched.push(name);
    if (records.length === 0) continue;
    found.push({ place: file.place, file: file.path, date: partitionStart(file.partition), records: [...records] });
  }
  return {
    createdAt: new Date().toISOString(),
    identifiers: { customerIds: [...ids], emails: [...subject.emails], names: [...subject.names] },
    restrictedAt: await readRestriction(context.pool, context.datasets, ids),
    requests: await readRequests(context, ids, emails),
    tables: await readTables(context, ids, emails),
    quarantine: await readQuarantine(context.pool, ids, emails),
    files: found,
    notSearched,
  };
}

const FOUND: Suppression = { subjectId: "", key: { id: "", secret: Buffer.alloc(0) }, outcome: "pseudonymise" };

async function filesOfSubject(context: ExportContext, subject: SubjectComponent): Promise<PersonFile[]> {
  const files = new Map<string, PersonFile>();
  for (const email of [null, ...ownEmails(subject)]) {
    for (const file of await filesOf(context, subject.ids, email)) files.set(`${file.place} ${file.path}`, file);
  }
  return [...files.values()];
}

/** A table and how the rows of a person are found in it, as `t`. */
interface ExportedTable {
  readonly declaration: TableDeclaration;
  readonly from: string;
  readonly condition: string;
  /** SQL for the source file of a row; null where no table says it. */
  readonly sourceFile: string;
}

/** Returns the tables of all datasets with rows about people, or with rows that belong to such a row. */
function exportedTables(datasets: Datasets): ExportedTable[] {
  const declarations = datasets.database.tables;
  return declarations.flatMap((declaration): ExportedTable[] => {
    const id = columnsThatIdentify(declaration, "customer-id")[0];
    const email = columnsThatIdentify(declaration, "email")[0];
    const sourceFile = declaration.sourceFile === undefined ? "null" : `t.${declaration.sourceFile}`;
    if (id !== undefined || email !== undefined) {
      const byId = id === undefined ? [] : [`t.${id} = any ($1)`];
      const byEmail = email === undefined ? [] : [`t.${email} = any ($2)`];
      const condition = [...byId, ...byEmail].join(" or ");
      return [{ declaration, from: `${declaration.name} t`, condition, sourceFile }];
    }
    const { belongsTo } = declaration;
    const parent = declarations.find(({ name }) => name === belongsTo?.table);
    const parentId = parent === undefined ? undefined : columnsThatIdentify(parent, "customer-id")[0];
    if (belongsTo === undefined || parent === undefined || parentId === undefined) return [];
    return [
      {
        declaration,
        from: `${declaration.name} t join ${parent.name} p using (${belongsTo.key})`,
        condition: `p.${parentId} = any ($1)`,
        sourceFile: parent.sourceFile === undefined ? sourceFile : `p.${parent.sourceFile}`,
      },
    ];
  });
}

async function readTables(
  { pool, datasets }: ExportContext,
  ids: readonly string[],
  emails: readonly string[],
): Promise<SubjectExport["tables"]> {
  const tables: SubjectExport["tables"] = [];
  for (const { declaration, from, condition, sourceFile } of exportedTables(datasets)) {
    const { rows } = await pool.query<SourcedRow & { data: Record<string, unknown> }>(
      `select r.data, ${SOURCE}
       from (select to_jsonb(t) as data, ${sourceFile}::bigint as file_id from ${from}
             where ($1::text[] is not null and $2::text[] is not null) and (${condition})) as r
       left join ledger.files f on f.id = r.file_id order by r.file_id, r.data::text`,
      [ids, emails],
    );
    if (rows.length === 0) continue;
    tables.push({
      table: declaration.name,
      title: declaration.title,
      rows: rows.map(({ data, ...source }) => ({ ...toSource(source), data })),
    });
  }
  return tables;
}

async function readQuarantine(
  pool: Pool,
  ids: readonly string[],
  emails: readonly string[],
): Promise<SubjectExport["quarantine"]> {
  const { rows } = await pool.query<
    SourcedRow & {
      dataset: string;
      reason: string;
      status: string;
      createdAt: Date;
      payload: string;
      encoding: "utf8" | "base64";
    }
  >(
    // Whose records are that a question holds is not known.
    `select q.dataset, q.reason, q.status, q.created_at as "createdAt", q.payload, q.payload_encoding as encoding, ${SOURCE}
     from ledger.quarantine q join ledger.files f on f.id = q.file_id
     where q.payload is not null and q.question is null
       and (q.subject_customer_id = any ($1) or q.subject_email = any ($2) or ${IS_CORRECTED_TO_THEIRS})
     order by q.id`,
    [ids, emails],
  );
  return rows.map(({ dataset, reason, status, createdAt, payload, encoding, ...source }) => ({
    ...toSource(source),
    dataset,
    reason,
    status,
    receivedAt: createdAt.toISOString(),
    record: Buffer.from(payload, encoding).toString("utf8"),
  }));
}

async function readRequests(
  { pool, datasets, ring }: ExportContext,
  ids: readonly string[],
  emails: readonly string[],
): Promise<SubjectExport["requests"]> {
  const { name } = datasets.requests;
  const open = await requestsInQuarantine(pool, name, ids, emails);
  const keys = ring?.all.flatMap((key) => ids.map((id) => keyedHash(key, "customer-id", id))) ?? [];
  const taken = keys.length === 0 ? [] : await requestsOfKeys(pool, name, keys);
  return [...open, ...taken];
}

/** A record that did not say whose it is, or said so wrongly, until it was corrected. */
const IS_CORRECTED_TO_THEIRS = isCorrectedTo(
  "c.question is null and (c.subject_customer_id = any ($1) or c.subject_email = any ($2))",
);

const SOURCE = `f.path as file, f.partition_date::text as date, f.partition_hour as hour`;

interface SourcedRow {
  readonly file: string | null;
  readonly date: string | null;
  readonly hour: number | null;
}

function toSource({ file, date, hour }: SourcedRow): { file: string | null; date: string | null } {
  return { file, date: date === null || hour === null ? null : partitionStart({ date, hour }) };
}
