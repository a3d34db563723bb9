import { randomBytes, randomUUID } from "node:crypto";
import type { Queryable } from "../src/pool.js";

/** Values of columns by their names: each takes the place of what a builder puts there by itself. */
export type Columns = Readonly<Record<string, unknown>>;

/** Adds a run over files of customers that is being processed; returns its id. */
export async function addRun(db: Queryable, columns: Columns = {}): Promise<string> {
  const run = { job: "customers", kind: "files", trigger: "api", state: "processing", ...columns };
  return (await insert<{ id: string }>(db, "ledger.runs", run)).id;
}

/** Adds an open file of a run, with content of its own; returns its id. */
export async function addFile(db: Queryable, runId: string, columns: Columns = {}): Promise<number> {
  const file = {
    dataset: "customers",
    run_id: runId,
    path: "date=2020-01-01/hour=05/customers.json",
    partition_date: "2020-01-01",
    partition_hour: 5,
    sha256: randomBytes(32),
    delivery: columns.sha256 ?? randomBytes(32),
    bytes: 100,
    state: "open",
    ...columns,
  };
  return (await insert<{ id: number }>(db, "ledger.files", file)).id;
}

let lastNumber = 0;

/** Adds a staged batch behind those that were added before; returns its id. */
export async function addBatch(db: Queryable, runId: string, columns: Columns = {}): Promise<string> {
  lastNumber += 1;
  const batch = { id: randomUUID(), run_id: runId, number: lastNumber, state: "staged", bytes: 100, ...columns };
  return (await insert<{ id: string }>(db, "ledger.batches", batch)).id;
}

/** Adds a batch's segment: the first ten lines of a file. */
export async function addSegment(db: Queryable, batchId: string, fileId: number, columns: Columns = {}): Promise<void> {
  const segment = { batch_id: batchId, file_id: fileId, position: 0, first_line: 1, line_count: 10, ...columns };
  await insert(db, "ledger.batch_segments", segment);
}

/** Adds a record of a file to quarantine; returns its id. */
export async function addQuarantined(
  db: Queryable,
  runId: string,
  fileId: number,
  columns: Columns = {},
): Promise<number> {
  const record = {
    dataset: "customers",
    reason: "schema",
    run_id: runId,
    file_id: fileId,
    line: 1,
    message: "The record does not have the fields and types of its dataset.",
    payload: "{}",
    ...columns,
  };
  return (await insert<{ id: number }>(db, "ledger.quarantine", record)).id;
}

/** Adds an erasure that is not completed; returns its id. */
export async function addErasure(db: Queryable, runId: string, fileId: number, columns: Columns = {}): Promise<string> {
  const subjectId = columns.subject_id ?? (await addSubject(db));
  const erasure = {
    subject_id: subjectId,
    outcome: "pseudonymise",
    customer_key: randomBytes(32),
    email_key: randomBytes(32),
    pseudonym: "someone",
    state: "suppressed",
    policy_version: "1",
    requested_at: "2020-01-01T05:00:00Z",
    source_file_id: fileId,
    key_id: "key-1",
    run_id: runId,
    ...columns,
  };
  return (await insert<{ id: string }>(db, "warehouse.erasure_requests", erasure)).id;
}

/** Adds a data subject; returns their id. */
async function addSubject(db: Queryable, columns: Columns = {}): Promise<string> {
  return (await insert<{ id: string }>(db, "privacy.subjects", { outcome: "pseudonymise", ...columns })).id;
}

/** Adds an identifier of a new person to the suppression list; returns the person's id. */
export async function addSuppression(db: Queryable, columns: Columns = {}): Promise<string> {
  const identifier = {
    subject_id: columns.subject_id ?? (await addSubject(db)),
    kind: "customer-id",
    key: randomBytes(32),
    key_id: "key-1",
    ...columns,
  };
  return (await insert<{ subject_id: string }>(db, "privacy.suppressions", identifier)).subject_id;
}

/** Returns a row as it now is, by its id. Throws where there is none. */
export async function readRow(db: Queryable, table: string, id: string | number): Promise<Columns> {
  const { rows } = await db.query<Columns>(`select * from ${table} where id = $1`, [id]);
  if (rows[0] === undefined) throw new Error(`${table} has no row ${id}`);
  return rows[0];
}

/** Returns a table's rows, those of the columns named, in the order of the first of them. */
export async function readRows(db: Queryable, table: string, ...columns: readonly string[]): Promise<Columns[]> {
  return (await db.query<Columns>(`select ${columns.join(", ")} from ${table} order by 1`)).rows;
}

async function insert<Row extends object>(db: Queryable, table: string, columns: Columns): Promise<Row> {
  const places = Object.keys(columns).map((_name, i) => `$${i + 1}`);
  const { rows } = await db.query<Row>(
    `insert into ${table} (${Object.keys(columns).join(", ")}) values (${places.join(", ")}) returning *`,
    Object.values(columns),
  );
  if (rows[0] === undefined) throw new Error(`${table} took no row`);
  return rows[0];
}
