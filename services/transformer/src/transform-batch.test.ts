import { REDACTED } from "@lethe/privacy/mask-value";
import { pseudonym } from "@lethe/privacy/privacy-key";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FileLines, KEY, transform } from "../test/transform.js";
import { keepLine, lineAsText, NOBODY } from "./kept-record.js";

const MARKER = "MARKx7Jane";

function uuid(number: number): string {
  return `5f0c0d0e-6a54-4c0a-9a8e-${String(number).padStart(12, "0")}`;
}

function transaction(number: number, changes: Record<string, unknown> = {}) {
  return {
    transaction_id: uuid(number),
    transaction_time: "2020-01-31T05:06:07",
    customer_id: "013000",
    delivery_address: { address: "1 High St\nFlat 2", postcode: "SW1A 1AA", city: "Zürich", country: "Ireland" },
    purchases: { products: [{ sku: 1, quanitity: 2, price: "0.50", total: "1.00" }], total_cost: "1.00" },
    ...changes,
  };
}

function customer(changes: Record<string, unknown> = {}) {
  return { id: "013000", first_name: "Jane", last_name: "Doe", email: "jane@example.org", ...changes };
}

const json = (value: unknown) => JSON.stringify(value);

/** Lines of every kind: good ones with few ids (so that some come twice), rejected ones, broken ones, blank ones. */
const anyLine = fc.oneof(
  fc.nat(5).map((number) => json(transaction(number))),
  fc.nat(5).map((number) => json(transaction(number, { customer_id: "13000" }))),
  fc.nat(5).map((number) => json(transaction(number, { transaction_time: "2020-02-30T00:00:00" }))),
  fc
    .nat(5)
    .map(
      (number) =>
        ` ${json(transaction(number, { delivery_address: { address: null, postcode: null, city: null, country: null } }))} \r`,
    ),
  fc.constantFrom("", " ", "\t\r", "{broken", "[]", "null", '{"a":"\\u0000"}', "\0", "\0\0"),
);
const anyFiles: fc.Arbitrary<FileLines[]> = fc.array(
  fc.record({
    lines: fc.array(anyLine, { maxLength: 8 }),
    segment: fc.record({ firstLine: fc.integer({ min: 1, max: 1_000 }) }),
  }),
  { minLength: 1, maxLength: 4 },
);

describe("transformBatch", () => {
  it("accounts for every line: a record is accepted or rejected, and only a blank line is none", async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, async (files) => {
        const output = await transform("transactions", files);
        let firstOrdinal = 0;
        files.forEach((file, i) => {
          const records = file.lines.filter((line) => !/^[ \t\r]*$/.test(line)).length;
          const rejects = output.rejects.filter(({ fileId }) => fileId === 100 + i);
          const end = firstOrdinal + file.lines.length;
          const processed = output.processed.filter(({ ordinal }) => ordinal >= firstOrdinal && ordinal < end);
          expect(output.segments[i]).toMatchObject({
            records,
            rejected: rejects.length,
            masked: 0,
            processedBytes: processed.reduce((sum, { bytes }) => sum + bytes, 0),
          });
          expect(processed.length + rejects.length).toBe(records);
          firstOrdinal = end;
        });
        const reasons = Object.values(output.rejectedByReason).reduce((sum, count) => sum + count, 0);
        expect(reasons).toBe(output.rejects.length);
        expect(output.rows[0]).toHaveLength(output.processed.length);
        expect(output.unindexedBytes).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("says of each row, processed line and reject which line it was", async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, async (files) => {
        const output = await transform("transactions", files);
        const all = files.flatMap(({ lines }) => lines);
        for (const { ordinal, line } of output.processed) {
          expect(line.endsWith("\n")).toBe(true);
          expect(JSON.parse(line).transaction_id).toBe(JSON.parse(all[ordinal] ?? "").transaction_id);
        }
        for (const [ordinal, , transactionId] of output.rows[0] ?? []) {
          expect(JSON.parse(all[Number(ordinal)] ?? "").transaction_id).toBe(transactionId);
        }
        for (const { fileId, line, payload, encoding } of output.rejects) {
          const file = files[fileId - 100];
          const text = file?.lines[line - (file.segment?.firstLine ?? 1)] ?? "";
          const kept = Buffer.from(payload ?? "", encoding === "base64" ? "base64" : "utf8").toString();
          expect(kept.trim()).toBe(text.trim());
        }
      }),
      { numRuns: 300 },
    );
  });

  it("takes the first of a batch's requests that are one, over all of its files", async () => {
    const request = { "customer-id": "013000", email: "jane@example.org" };
    const output = await transform("erasure-requests", [
      { lines: [json({ ...request, note: "" }), json(request)] },
      { lines: [json({ ...request, email: " JANE@example.org" }), json({ ...request, "customer-id": "013001" })] },
    ]);
    expect(output.processed.map(({ ordinal }) => ordinal)).toEqual([1, 3]);
    expect(output.rejects.map(({ reason, fileId, line }) => [reason, fileId, line])).toEqual([
      ["schema", 100, 1],
      ["duplicate", 101, 1],
    ]);
    expect(output.rejectedByReason).toEqual({ schema: 1, duplicate: 1 });
  });

  it("leaves it to the merge which of several sales under one id is taken: an earlier one may not be", async () => {
    const output = await transform("transactions", [
      { lines: [json(transaction(1)), json(transaction(1, { transaction_id: uuid(1).toUpperCase() }))] },
    ]);
    expect(output.rejects).toEqual([]);
    expect(output.rows[0]?.map(([ordinal, , id]) => [ordinal, id])).toEqual([
      ["0", uuid(1)],
      ["1", uuid(1)],
    ]);
  });

  it("keeps a reject whole, with its place and why", async () => {
    const line = json(transaction(1, { note: "a\tb\\c" }));
    const { rejects } = await transform("transactions", [{ lines: ["", line], segment: { firstLine: 41 } }]);
    expect(rejects).toEqual([
      {
        dataset: "transactions",
        reason: "schema",
        runId: "run",
        batchId: "batch",
        fileId: 100,
        line: 42,
        pointer: "/note",
        message: "unknown field",
        missingKey: null,
        payload: line,
        encoding: "utf8",
        subjectCustomerId: "013000",
        subjectEmail: null,
        quarantineId: null,
      },
    ]);
  });

  it("knows a replayed record's line and its place in quarantine", async () => {
    const request = { "customer-id": "013000", email: "jane@example.org" };
    const lines = [json(request), "broken", json(request)];
    const { rejects } = await transform("erasure-requests", [
      { lines, segment: { firstLine: 9, lines: [9, 70, 33], quarantineIds: [5, 6, 7] } },
    ]);
    expect(rejects.map(({ reason, line, quarantineId }) => [reason, line, quarantineId])).toEqual([
      ["unreadable", 70, "6"],
      ["duplicate", 33, "7"],
    ]);
  });

  it("keeps a line that is no text as base64", async () => {
    const output = await transform("transactions", [{ lines: ["\0"] }]);
    expect(output.rejects).toMatchObject([{ reason: "unreadable", payload: "AA==", encoding: "base64" }]);
  });

  it("makes records of CSV rows, and keeps what it rejects as such a record", async () => {
    const { delivery_address, purchases, ...flat } = transaction(1);
    const row = { ...flat, delivery_address: json(delivery_address), purchases: json(purchases) };
    const ragged = ["a", "b"];
    const lines = [json(row), json({ ...row, customer_id: "" }), json(ragged)];
    const output = await transform("transactions", [{ lines, segment: { encoding: "csv" } }]);
    expect(output.processed.map(({ ordinal }) => ordinal)).toEqual([0]);
    expect(output.rejects.map(({ pointer, payload }) => [pointer, JSON.parse(payload ?? "")])).toEqual([
      ["/customer_id", transaction(1, { customer_id: null })],
      ["", ragged],
    ]);
  });

  it("finds a CSV row unreadable for what hides in the JSON of its fields: one such row must not stop its batch", async () => {
    const { delivery_address, purchases, ...flat } = transaction(1);
    const row = { ...flat, purchases: json(purchases) };
    const hidden = [
      json(delivery_address).replace("High", "\\u0000"),
      json(delivery_address).replace("High", "\\ud83d"),
      `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
    ];
    const lines = hidden.map((address) => json({ ...row, delivery_address: address }));
    const output = await transform("transactions", [{ lines, segment: { encoding: "csv" } }]);
    expect(output.rejects.map(({ reason, message }) => [reason, message])).toEqual([
      ["unreadable", "the line holds an escaped character that cannot be stored"],
      ["unreadable", "the line holds an escaped character that cannot be stored"],
      ["unreadable", "the line is nested deeper than 100 levels (LETHE_MAX_NESTING)"],
    ]);
    expect(output.rejects.map(({ payload }) => payload)).toEqual(lines);
  });

  it("makes no more of a batch when it is done again", async () => {
    await fc.assert(
      fc.asyncProperty(anyFiles, async (files) => {
        const first = await transform("transactions", files);
        const again = await transform("transactions", files);
        expect(again.rows).toEqual(first.rows);
        expect(again.rejects).toEqual(first.rejects);
        expect(again.processedText).toBe(first.processedText);
      }),
      { numRuns: 30 },
    );
  });
});

describe("a record with a key twice", () => {
  const lines = [
    json(customer({ id: "800059" })).replace('"email":', '"email":"erased@example.org","email":'),
    json(customer({ id: "800060" })),
  ];

  it("is unreadable, and kept as it came", async () => {
    const { rejects } = await transform("customers", [{ lines, segment: { firstLine: 1 } }]);
    expect(rejects).toMatchObject([{ reason: "unreadable", payload: lines[0] }]);
  });

  it("is masked as text where the value that parsing drops is a suppressed person's", async () => {
    const findSuppression = (_id: string | null, email: string | null) =>
      email === "erased@example.org" ? { subjectId: "subject", key: KEY, outcome: "unlink" as const } : undefined;
    const { rejects } = await transform("customers", [{ lines, segment: { firstLine: 1 } }], { findSuppression });
    expect(rejects).toMatchObject([{ reason: "unreadable", payload: REDACTED }]);
  });
});

describe("a record with a key twice in an object within it", () => {
  const twice = '{"address":"1 High","city":"Bath","postcode":null,"country":null,"city":"York"}';

  it("is unreadable, as JSON and as a row of CSV", async () => {
    const { delivery_address, purchases, ...flat } = transaction(1);
    const line = json(transaction(1)).replace(json(delivery_address), twice);
    const row = json({ ...flat, purchases: json(purchases), delivery_address: twice });
    const [asJson, asCsv] = [
      await transform("transactions", [{ lines: [line] }]),
      await transform("transactions", [{ lines: [row], segment: { encoding: "csv" } }]),
    ];
    for (const { rejects } of [asJson, asCsv]) {
      expect(rejects).toMatchObject([
        { reason: "unreadable", message: 'the key "city" occurs twice in an object of the record' },
      ]);
    }
  });

  it("is not named by a key that is no field's: it may be of anybody", async () => {
    const line = json(transaction(1)).replace("{", '{"ida@example.org":1,"ida@example.org":2,');
    const { rejects } = await transform("transactions", [{ lines: [line] }]);
    expect(rejects).toMatchObject([{ message: "a key occurs twice in an object of the record" }]);
  });
});

describe("a line that is not UTF-8", () => {
  it("is masked where it names a suppressed person in Latin-1", async () => {
    const findSuppression = (_id: string | null, email: string | null) =>
      email === "zoë@example.org" ? { subjectId: "subject", key: KEY, outcome: "unlink" as const } : undefined;
    const line = Buffer.from('{"email":"zoë@example.org"}', "latin1");
    const { kept, isMasked } = keepLine(lineAsText(line), NOBODY, findSuppression);
    expect({ payload: kept.payload, isMasked }).toEqual({ payload: REDACTED, isMasked: true });
  });
});

describe("a suppressed person", () => {
  const findSuppression = (id: string | null, email: string | null) =>
    id === "013000" || email === `${MARKER}@example.org`.toLowerCase()
      ? { subjectId: "subject", key: KEY, outcome: "pseudonymise" as const }
      : undefined;

  /** What may stand in a field that the policy does not keep, in the record as it should be or not. */
  const personal = fc.constantFrom<unknown>(MARKER, ` ${MARKER}\n`, null, [MARKER], { name: MARKER }, { id: [MARKER] });
  const other = fc.record(
    { nickname: personal, "delivery_address.country": personal, id2: fc.constant({ [MARKER]: { [MARKER]: 1 } }) },
    { requiredKeys: [] },
  );

  const someCustomer = fc
    .tuple(
      fc.record(
        {
          first_name: personal,
          last_name: personal,
          date_of_birth: fc.oneof(personal, fc.constant("1980-05-17")),
          phone_number: personal,
          address: personal,
          city: personal,
          postcode: personal,
        },
        { requiredKeys: ["first_name", "last_name"] },
      ),
      fc.constantFrom(
        { id: "013000", email: "other@example.org" },
        { id: "013000", email: MARKER },
        { id: 13_000, email: null },
        { id: " 013000", email: `${MARKER}@example.org` },
        { id: [MARKER], email: ` ${MARKER}@Example.ORG ` },
        { email: `${MARKER}@example.org` },
      ),
      fc.option(other, { nil: {} }),
    )
    .map(([fields, whose, more]) => json({ ...customer(), ...fields, ...whose, ...more }));

  const someTransaction = fc
    .tuple(
      fc.nat(3),
      fc.oneof(
        personal,
        fc.record({ address: personal, postcode: personal, city: personal, country: fc.constantFrom("Ireland", null) }),
        fc.record({ address: personal, floor: personal, deeper: fc.record({ address: personal }) }),
      ),
      fc.constantFrom<Record<string, unknown>>(
        {},
        { transaction_time: "never" },
        { transaction_time: 7 },
        { customer_id: 13_000 },
      ),
      fc.option(other, { nil: {} }),
    )
    .map(([number, delivery_address, changes, more]) =>
      json({ ...transaction(number, { delivery_address, ...changes }), ...more }),
    );

  it.each([
    ["customers", someCustomer],
    ["transactions", someTransaction],
  ] as const)(
    "leaves nothing of theirs in %s: rows, rejects, processed lines or masked payloads",
    async (name, line) => {
      await fc.assert(
        fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 4 }), async (lines) => {
          const output = await transform(name, [{ lines }], { findSuppression });
          const everything = json([output.rows, output.rejects, output.processedText, output.masked]);
          expect(everything.toLowerCase()).not.toContain(MARKER.toLowerCase());
          expect(everything).not.toContain("013000");
          expect(output.segments[0]?.records).toBe(lines.length);
        }),
        { numRuns: 300 },
      );
    },
  );

  it("leaves nothing of theirs in a line that is unreadable for a part of it, though it shows whose it is", async () => {
    const lines = [
      json(customer({ address: `${MARKER}\0` })),
      json(customer({ address: MARKER, deep: JSON.parse("[".repeat(600) + "]".repeat(600)) })),
    ];
    const suppressed = await transform("customers", [{ lines }], { findSuppression });
    expect(suppressed.rejects.map(({ reason, payload }) => [reason, payload])).toEqual([
      ["unreadable", REDACTED],
      ["unreadable", REDACTED],
    ]);
    const others = await transform("customers", [{ lines }]);
    expect(others.rejects.map(({ payload }) => payload)).toEqual(lines);
  });

  it("is loaded under the pseudonym, and the masked record stands by for the loader's rejects", async () => {
    const lines = [json(transaction(1)), json(transaction(2, { customer_id: "013001" }))];
    const output = await transform("transactions", [{ lines }], { findSuppression });
    const alias = pseudonym(KEY, "013000");
    expect(output.rows[0]?.map((row) => [row[4], row[6], row[9]])).toEqual([
      [alias, null, "Ireland"],
      ["013001", "1 High St\nFlat 2", "Ireland"],
    ]);
    expect(Object.keys(output.masked.always)).toEqual(["0"]);
    expect(JSON.parse(output.masked.always["0"]?.payload ?? "")).toMatchObject({
      customer_id: alias,
      purchases: transaction(1).purchases,
    });
    expect(output.masked.byReason).toEqual({});
  });

  it("is not named by a field that is kept, where no other says whose the record is", async () => {
    const { id: _id, ...nameless } = customer({ email: `${MARKER}@example.org`, country: "013000" });
    const { rejects } = await transform("customers", [{ lines: [json(nameless)] }], { findSuppression });
    expect(rejects.map(({ reason, payload }) => [reason, payload])).toEqual([["schema", REDACTED]]);
  });

  it("keeps no copy of an erasure request that came twice, suppressed or not", async () => {
    const request = json({ "customer-id": "013000", email: "jane@example.org" });
    const { rejects, masked } = await transform("erasure-requests", [{ lines: [request, request] }]);
    expect(rejects).toMatchObject([
      { reason: "duplicate", payload: json({ "customer-id": pseudonym(KEY, "013000"), email: null }) },
    ]);
    expect(JSON.parse(masked.byReason["0"]?.payload ?? "")).toEqual({
      "customer-id": pseudonym(KEY, "013000"),
      email: null,
    });
  });

  it("is named by no request that is none, and by no key that it is filed under", async () => {
    const lines = [
      json({ "customer-id": "013000", email: "jane@example.org", note: MARKER }),
      json({ customer_id: "013000", email: "jane@example.org" }),
    ];
    const plain = await transform("erasure-requests", [{ lines }]);
    expect(plain.rejects.map(({ reason, payload }) => [reason, payload])).toEqual(
      lines.map((line) => ["schema", line]),
    );
    const everybody = () => ({ subjectId: "jane", key: KEY, outcome: "unlink" as const });
    const { rejects } = await transform("erasure-requests", [{ lines }], { findSuppression: everybody });
    for (const reject of rejects) {
      expect(reject).toMatchObject({
        reason: "schema",
        payload: REDACTED,
        subjectCustomerId: null,
        subjectEmail: null,
      });
    }
    expect(rejects).toHaveLength(2);
  });

  it("rejects poison without looking into it, keeps it whole, and takes its neighbours", async () => {
    const lines = [1, 2, 3].map((number) => json(transaction(number)));
    const worked: number[] = [];
    const poison = [{ ordinal: 1, problem: "too much", searchable: true }];
    // Nothing of the record may be touched: its duplicate is the first of its kind.
    const segments = [{ lines: [...lines, lines[1] ?? ""], segment: { firstLine: 11 } }];
    const output = await transform("transactions", segments, { poison, onRecord: (ordinal) => worked.push(ordinal) });
    expect(worked).toEqual([0, 1, 2, 3]);
    expect(output.processed.map(({ ordinal }) => ordinal)).toEqual([0, 2, 3]);
    expect(output.rejectedByReason).toEqual({ unreadable: 1 });
    expect(output.segments[0]).toMatchObject({ records: 4, rejected: 1, masked: 0 });
    expect(output.rejects).toMatchObject([
      {
        reason: "unreadable",
        line: 12,
        pointer: null,
        message: "too much",
        payload: lines[1],
        encoding: "utf8",
        subjectCustomerId: null,
        subjectEmail: null,
      },
    ]);
  });

  it("keeps poison that is no text as bytes, and poison that may not be searched so, too, as nobody's", async () => {
    const nul = `${json(transaction(1))}\0`;
    const line = json(transaction(2));
    const { rejects, segments } = await transform("transactions", [{ lines: [nul, line] }], {
      findSuppression: (id) =>
        id === "013000" ? { subjectId: "subject", key: KEY, outcome: "pseudonymise" as const } : undefined,
      poison: [
        { ordinal: 0, problem: "too much", searchable: false },
        { ordinal: 1, problem: "too much", searchable: false },
      ],
    });
    expect(rejects.map(({ payload, encoding }) => [payload, encoding])).toEqual(
      [nul, line].map((text) => [Buffer.from(text).toString("base64"), "base64"]),
    );
    expect(segments).toMatchObject([{ rejected: 2, masked: 0 }]);
  });

  it("keeps nothing of poison that names somebody suppressed", async () => {
    const poison = [0, 1].map((ordinal) => ({ ordinal, problem: "too much", searchable: true }));
    const lines = [json(transaction(1)), `${json(transaction(2))}\0`];
    const { rejects, segments } = await transform("transactions", [{ lines }], {
      findSuppression: (id) =>
        id === "013000" ? { subjectId: "subject", key: KEY, outcome: "pseudonymise" as const } : undefined,
      poison,
    });
    expect(rejects.map(({ payload, encoding }) => [payload, encoding])).toEqual([
      [REDACTED, "utf8"],
      [REDACTED, "utf8"],
    ]);
    expect(rejects[0]?.subjectCustomerId).toBe(pseudonym(KEY, "013000"));
    expect(segments).toMatchObject([{ rejected: 2, masked: 2 }]);
  });

  it("takes a part of a batch by its ordinals, blank lines and files counted", async () => {
    const [a, b, c, d] = [1, 2, 3, 4].map((number) => json(transaction(number))) as [string, string, string, string];
    const files = [{ lines: [a, "", b] }, { lines: [c, d] }];
    const output = await transform("transactions", files, { only: { first: 1, end: 4 } });
    expect(output.processed.map(({ ordinal }) => ordinal)).toEqual([2, 3]);
    expect(output.segments.map(({ records }) => records)).toEqual([1, 1]);
  });
});

describe("characters that nobody sees", () => {
  it("go from ids, emails and numbers of every form, before the record is checked and compared", async () => {
    const lines = [
      customer({ id: "\u200b013000\ufeff", email: "ja\u00adne@example.org", first_name: "Ja\u200dne" }),
      customer({ id: "0130\u000201" }),
    ];
    const [plain, noisy] = [customer(), json(customer()).replace("013000", "\\u200b0\\u202e13000")];
    const { rows, rejects } = await transform("customers", [{ lines: [...lines.map(json), json(plain), noisy] }]);
    expect(rejects).toEqual([]);
    const people = rows[0]?.map(([, , , , , id, first, , , email]) => [id, first, email]);
    const jane = ["013000", "Jane", "jane@example.org"];
    expect(people).toEqual([jane, ["013001", "Jane", "jane@example.org"], jane, jane]);
    const csv = { sku: "50\u200b121", name: "Tea", price: "\u202a4.99", category: "Food", popularity: "0.5\u200b" };
    const products = await transform("products", [{ lines: [json(csv)], segment: { encoding: "csv" } }]);
    expect(products.rejects).toEqual([]);
    expect(products.rows[0]?.[0]?.slice(4, 7)).toEqual(["50121", "Tea", "4.99"]);
  });

  it("leave two sales under one id one sale", async () => {
    const twice = [transaction(1), transaction(1, { transaction_id: `\u200b${uuid(1)}` })];
    const { rows } = await transform("transactions", [{ lines: twice.map(json) }]);
    expect(rows[0]?.map(([, , id]) => id)).toEqual([uuid(1), uuid(1)]);
  });
});

describe("a refund", () => {
  const back = { sku: 1, quanitity: -2, price: "0.50", total: "-1.00" };
  const refund = json(transaction(1, { purchases: { products: [back], total_cost: "-1.00" } }));

  it("is rejected with that word, or taken where the setting says so", async () => {
    const rejecting = await transform("transactions", [{ lines: [refund] }]);
    expect(rejecting.rejects).toMatchObject([{ reason: "refund", pointer: "/purchases/products/0/quanitity" }]);
    expect(rejecting.rows.flat()).toEqual([]);
    const accepting = await transform("transactions", [{ lines: [refund] }], { refundMode: "accept" });
    expect(accepting.rejects).toEqual([]);
    expect(accepting.rows[1]).toMatchObject([["0", "1", "1", "-2", "0.50", "-1.00"]]);
  });

  it("is no schema change", async () => {
    const { schema } = await transform("transactions", [{ lines: [refund] }]);
    expect(schema.changes).toEqual([]);
  });
});
