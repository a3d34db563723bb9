import { cleanText } from "@lethe/datasets/cleaning/text";
import { createDatasets } from "@lethe/datasets/create-datasets";
import type { Subject } from "@lethe/datasets/dataset";
import { cloneDatabase, type TestDatabase } from "@lethe/test-kit/test-database";
import { createPool, type Pool } from "@lethe/warehouse/pool";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { findSubject, findSubjects } from "./subject-closure.js";
import type { SubjectComponent } from "./subject-graph.js";

const datasets = createDatasets();
const customers = datasets.get("customers");

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await cloneDatabase(inject("template"));
  pool = createPool(database.url, 1, "lethe-subject-closure");
  await pool.query(`
    insert into ledger.runs (job, kind, trigger, state) values ('customers', 'files', 'api', 'succeeded');
    insert into ledger.files (dataset, path, partition_date, partition_hour, sha256, bytes, run_id, state)
    select 'customers', 'file', '2020-01-01', 0, sha256('1'), 1, id, 'done' from ledger.runs`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(clear);

async function clear(): Promise<void> {
  await pool.query(
    "delete from warehouse.customers; delete from warehouse.customers_history; delete from ledger.quarantine",
  );
}

/** A customer's record as it came. */
interface Raw {
  readonly id: unknown;
  readonly email: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly isRejected: boolean;
}

/** Puts records where a load would: the first of an id is current, others are former; without id all are in quarantine. */
async function store(raws: readonly Raw[]): Promise<Subject[]> {
  const current = new Set<string>();
  const subjects: Subject[] = [];
  for (const { isRejected, ...raw } of raws) {
    const subject = customers.subjectOf(raw);
    subjects.push(subject);
    const { customerId: id, email } = subject;
    if (isRejected || id === null) {
      await pool.query(
        `insert into ledger.quarantine (dataset, reason, run_id, file_id, message, payload, subject_customer_id, subject_email)
         select 'customers', 'schema', id, 1, '', $1, $2, $3 from ledger.runs`,
        [JSON.stringify(raw), id, email],
      );
      continue;
    }
    const isCurrent = !current.has(id);
    current.add(id);
    await pool.query(
      `insert into warehouse.${isCurrent ? "customers" : "customers_history"}
         (id, email, first_name, last_name, source_partition, source_file_id, valid_from, loaded_at)
       values ($1, $2, $3, $4, now(), 1, now(), now())`,
      [id, email, cleanText(raw.first_name), cleanText(raw.last_name)],
    );
  }
  return subjects;
}

/** What the rule says, tried on every pair of records until nothing changes. */
function naiveComponent(subjects: readonly Subject[], startId: string): Subject[] {
  const own: Subject[] = [{ customerId: startId, email: null, name: null }];
  const left = new Set(subjects);
  for (let size = -1; size !== own.length; ) {
    size = own.length;
    for (const other of left) {
      const isOwn = own.some(
        (one) =>
          (one.customerId !== null && one.customerId === other.customerId) ||
          (one.email !== null && one.name !== null && one.email === other.email && one.name === other.name),
      );
      if (!isOwn) continue;
      left.delete(other);
      own.push(other);
    }
  }
  return own;
}

const sorted = (values: Iterable<string | null>) => [...new Set(values)].filter((value) => value !== null).sort();

const raw: fc.Arbitrary<Raw> = fc
  .record({
    person: fc.nat(5),
    spelling: fc.nat(4),
    email: fc.option(fc.nat(6)),
    emailSpelling: fc.nat(4),
    name: fc.option(fc.nat(3)),
    nameSpelling: fc.nat(2),
    hasId: fc.boolean(),
    isRejected: fc.boolean(),
  })
  .map(({ person, spelling, email, emailSpelling, name, nameSpelling, hasId, isRejected }) => {
    const id = `00400${person}`;
    const spelt = [id, Number(id), ` ${id}\u200b`, String(Number(id)), `${Number(id)}.0`][spelling];
    const domain = [
      "b\u00fccher.example",
      "xn--bcher-kva.example",
      "bu\u0308cher.example.",
      "B\u00dcCHER.Example",
      "b\u00fccher\u200b.example",
    ];
    return {
      id: hasId ? spelt : null,
      email: email === null ? null : `user${email}@${domain[emailSpelling]}`,
      first_name:
        name === null ? null : ([`Zo\u00eb${name}`, `ZOE\u0308${name}`, ` zoe\u0308${name} `][nameSpelling] ?? null),
      last_name: name === null ? null : "O'Hara",
      isRejected,
    };
  });

describe("the data subjects of starting points", () => {
  it("are exactly their components, whatever the spellings and versions, never a neighbour", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(raw, { maxLength: 14 }), async (raws) => {
        await clear();
        const subjects = await store(raws);
        const starts = ["004000", "004001", "004005"];
        const found = await findSubjects(
          pool,
          datasets,
          starts.map((id) => ({ ids: [id] })),
        );
        for (const [i, id] of starts.entries()) {
          const expected = naiveComponent(subjects, id);
          const { ids, emails, names, sharedEmails } = found[i] as SubjectComponent;
          expect(sorted(ids)).toEqual(sorted(expected.map(({ customerId }) => customerId)));
          expect(sorted(emails)).toEqual(sorted(expected.map(({ email }) => email)));
          expect(sorted(names)).toEqual(sorted(expected.map(({ name }) => name)));
          const isShared = (email: string) =>
            subjects.some(
              (other) => other.email === email && other.customerId !== null && !ids.includes(other.customerId),
            );
          expect(sorted(sharedEmails)).toEqual(sorted(emails.filter(isShared)));
        }
        for (const [i, a] of found.entries()) {
          for (const [j, b] of found.entries()) expect(a === b).toBe(a.ids.some((id) => b.ids.includes(id)) || i === j);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("come out the same from any of their identifiers, one person at a time", async () => {
    await store([
      person("700002", "a@x.example", "Ann", "Lee"),
      person("700102", "old@x.example", "Ann", "Lee"),
      person("700102", "a@x.example", "Ann", "Lee"),
      person("700003", "a@x.example", "Bob", "Lee"),
    ]);
    const ann = {
      ids: ["700002", "700102"],
      emails: ["a@x.example", "old@x.example"],
      names: ["ann lee"],
      sharedEmails: ["a@x.example"],
    };
    for (const customerId of ann.ids) {
      const found = await findSubject(pool, datasets, { customerId });
      expect({ ...found, ids: sorted(found.ids), emails: sorted(found.emails) }).toMatchObject(ann);
    }
    const both = await findSubject(pool, datasets, { email: "a@x.example" });
    expect(sorted(both.ids)).toEqual(["700002", "700003", "700102"]);
    expect(both.sharedEmails).toEqual([]);
  });

  it("says which ids have versions that have nothing in common", async () => {
    await store([
      person("000001", "a@x.example", "Ann", "Lee"),
      person("000001", "b@x.example", "Ann", "Lee"),
      person("000001", "b@x.example", "Ann", "Poe"),
      person("000002", "c@x.example", "Cid", "Ray"),
      person("000002", "d@x.example", "Dan", "Oak"),
    ]);
    expect((await findSubject(pool, datasets, { customerId: "000001" })).reusedIds).toEqual([]);
    expect((await findSubject(pool, datasets, { customerId: "000002" })).reusedIds).toEqual(["000002"]);
  });

  it("of nobody is what the start says, without a record", async () => {
    const found = await findSubject(pool, datasets, { customerId: "999999", email: "no@x.example" });
    expect(found).toEqual({
      ...{ ids: ["999999"], emails: ["no@x.example"], names: [], sharedEmails: [], reusedIds: [], records: [] },
    });
  });

  it("are found along a chain of a thousand records, and for a thousand starts at once", async () => {
    await pool.query(`
      insert into warehouse.customers (id, email, first_name, last_name, source_partition, source_file_id, valid_from)
      select lpad(n::text, 6, '0'), 'e' || (n / 2) || '@x.example', 'Ann', 'Lee', now(), 1, now() from generate_series(0, 999) n;
      insert into warehouse.customers_history (id, email, first_name, last_name, source_partition, source_file_id, valid_from, loaded_at)
      select lpad(n::text, 6, '0'), 'e' || ((n + 1) / 2) || '@x.example', 'Ann', 'Lee', now(), 1, now(), now() from generate_series(0, 999) n`);
    expect((await findSubject(pool, datasets, { customerId: "000500" })).ids).toHaveLength(1_000);
    await clear();
    await pool.query(`
      insert into warehouse.customers (id, email, first_name, last_name, source_partition, source_file_id, valid_from)
      select lpad(n::text, 6, '0'), 'e' || n || '@x.example', 'Ann', 'Lee', now(), 1, now() from generate_series(0, 99999) n;
      analyze warehouse.customers`);
    const starts = Array.from({ length: 1_000 }, (_, n) => ({ ids: [String(n * 97).padStart(6, "0")] }));
    const startedAt = performance.now();
    const found = await findSubjects(pool, datasets, starts);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(new Set(found.map(({ emails }) => emails.join())).size).toBe(1_000);
  });
});

function person(id: string, email: string, first_name: string, last_name: string): Raw {
  return { id, email, first_name, last_name, isRejected: false };
}
