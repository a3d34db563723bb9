import type { DatasetName } from "@lethe/contracts/datasets";
import { fullName } from "@lethe/datasets/cleaning/name";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Dataset, Subject } from "@lethe/datasets/dataset";
import type { Queryable } from "@lethe/warehouse/pool";
import { parseJson } from "./parse-json.js";
import { type PersonTable, personTables } from "./person-tables.js";
import { type ClosureStart, createSubjectGraph, type SubjectComponent } from "./subject-graph.js";

/**
 * Finds the data subjects to whom starting points lead. Two records are of one subject if they have the same customer id, or
 * the same email and the same name. Looks at all versions, current and former, and at quarantined records, but for requests
 * (which claim rather than tell) and records about which a decision is open. Returns a component for each start, in their order;
 * starts that lead to one subject get the same component object. The number of statements depends on how far records lead
 * from one to the next, not on the number of starts.
 */
export async function findSubjects(
  db: Queryable,
  datasets: Datasets,
  starts: readonly ClosureStart[],
): Promise<SubjectComponent[]> {
  const graph = createSubjectGraph(starts);
  const sources = createSources(datasets);
  for (;;) {
    const { ids, emails } = graph.takeFrontier();
    if (ids.length === 0 && emails.length === 0) return graph.components();
    for (const source of sources) {
      for (const record of await source(db, ids, emails)) graph.add(record);
    }
  }
}

/** Finds one data subject by customer id, email or both, which need not be canonical; see `findSubjects`. */
export async function findSubject(
  db: Queryable,
  datasets: Datasets,
  { customerId, email }: { readonly customerId?: string | undefined; readonly email?: string | undefined },
): Promise<SubjectComponent> {
  const start = {
    ids: customerId === undefined ? [] : [customerId],
    emails: email === undefined ? [] : [email],
  };
  const [component] = await findSubjects(db, datasets, [start]);
  if (component === undefined) throw new Error("a start has no component");
  return component;
}

/** Returns the distinct records that have one of the ids or one of the emails. */
type Source = (db: Queryable, ids: readonly string[], emails: readonly string[]) => Promise<Subject[]>;

function createSources(datasets: Datasets): Source[] {
  const tables = personTables(datasets).filter(({ ownId, email }) => ownId !== null || email !== null);
  return [...tables.map((table) => tableSource(table, datasets.get(table.dataset))), quarantineSource(datasets)];
}

function tableSource(table: PersonTable, dataset: Dataset): Source {
  const { columns } = table.declaration;
  const nameColumns = dataset.nameFields.flatMap((field) =>
    Object.keys(columns).filter((column) => {
      const declared = columns[column];
      return declared?.kind === "personal" && declared.field === field && declared.derived !== true;
    }),
  );
  const selected = `select ${table.customerId} as id, ${table.email ?? "null"} as email,
                           array[${nameColumns.map((column) => `t.${column}`).join(", ")}]::text[] as names from ${table.from}`;
  // Each by an index of its own, which an OR would keep from being used.
  const byEmail = table.email === null ? "" : `union ${selected} where ${table.email} = any ($2)`;
  const text = `${selected} where ${table.customerId} = any ($1) ${byEmail}`;
  return async (db, ids, emails) => {
    const { rows } = await db.query<{ id: string | null; email: string | null; names: (string | null)[] }>(
      text,
      table.email === null ? [ids] : [ids, emails],
    );
    return rows.map(({ id, email, names }) => ({ customerId: id, email, name: fullName(names) }));
  };
}

const QUARANTINED = `
  q.dataset, q.subject_customer_id as id, q.subject_email as email,
  case when q.dataset = any ($3) and q.payload_encoding = 'utf8' then q.payload end as payload
  from ledger.quarantine q
  where q.payload is not null and q.status <> 'erased' and q.dataset <> $4
    and not (q.reason = 'held' and q.status = 'open')`;

const SELECT_QUARANTINED = `
  select ${QUARANTINED} and q.subject_customer_id = any ($1)
  union select ${QUARANTINED} and q.subject_email = any ($2)`;

function quarantineSource(datasets: Datasets): Source {
  const named = datasets.all.filter(({ nameFields }) => nameFields.length > 0).map(({ name }) => name);
  return async (db, ids, emails) => {
    const { rows } = await db.query<QuarantinedRecord>(SELECT_QUARANTINED, [
      ids,
      emails,
      named,
      datasets.requests.name,
    ]);
    return rows.map(({ dataset, id, email, payload }) => ({
      customerId: id,
      email,
      name:
        payload === null || !datasets.has(dataset) ? null : datasets.get(dataset).subjectOf(parseJson(payload)).name,
    }));
  };
}

interface QuarantinedRecord {
  readonly dataset: DatasetName;
  readonly id: string | null;
  readonly email: string | null;
  readonly payload: string | null;
}
