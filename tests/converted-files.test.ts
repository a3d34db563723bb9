import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { toCsv } from "@lethe/test-kit/csv";
import { decodedForms, unpackedTexts } from "@lethe/test-kit/decoded-forms";
import { readEverything } from "@lethe/test-kit/everything";
import { filesBelow, pathsBelow } from "@lethe/test-kit/folders";
import { landAsIs, landRecords } from "@lethe/test-kit/landing";
import { type MarkedPerson, markedPerson } from "@lethe/test-kit/marked-people";
import { settle, succeed } from "@lethe/test-kit/runs";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Files in forms that Lethe does not keep: they are loaded whole, kept in a form that can be searched, and whoever is erased is
// in none of their bytes.

const line = (record: unknown) => `${JSON.stringify(record)}\n`;
const wide = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
const rawAddress = (person: MarkedPerson) =>
  `{"id": "${person.id}", "first_name": "Ada", "last_name": "${person.customer().last_name}", "address": "Flat 1\n2 Quiet Row", ` +
  `"email": "${person.email.replace("@", "\\u0040")}"}\n`;

/** Each way of sending a person and a neighbour, with what the ledger says of the file. */
const FORMS: readonly (readonly [name: string, from: string, bytes: (...people: MarkedPerson[]) => Buffer])[] = [
  ["customers.json", "JSON in gzip in gzip", (...people) => gzipSync(gzipSync(people.map(record).map(line).join("")))],
  ["customers.json", "UTF-16LE JSON", (...people) => wide(people.map(record).map(line).join(""))],
  ["customers.csv", "UTF-16LE CSV separated by tabs", (...people) => wide(tabbed(people.map(record)))],
  [
    "customers.json",
    "JSON with control characters in strings",
    (...people) => Buffer.from(people.map(rawAddress).join("")),
  ],
  [
    "customers.ndjson",
    "JSON with records one after another on a line",
    (...people) => Buffer.from(people.map((p) => JSON.stringify(record(p))).join("")),
  ],
  [
    "customers.json",
    "a JSON array with broken elements",
    (...people) => Buffer.from(`[${people.map((p) => JSON.stringify(record(p))).join(",")},{"id":"9`),
  ],
  [
    "customers.json",
    "JSON with record separators (RFC 7464)",
    (...people) => Buffer.from(people.map((p) => `\x1e${line(record(p))}`).join("")),
  ],
];
const record = (person: MarkedPerson) => person.customer();
const tabbed = (records: readonly Record<string, unknown>[]) =>
  toCsv(records.map((one) => ({ ...one, address: "Flat" })))
    .replaceAll('","', "\t")
    .replaceAll(/^"|"$/gm, "");

const erased = FORMS.map((_, i) => markedPerson(500 + i));
const staying = FORMS.map((_, i) => markedPerson(600 + i));
const hourOf = (i: number) => `date=2022-03-01/hour=${String(i).padStart(2, "0")}`;

let world: World;
beforeAll(async () => {
  world = await openWorld();
  for (const [i, [name, , bytes]] of FORMS.entries()) {
    await landAsIs(world, `${hourOf(i)}/${name}`, bytes(...[erased[i], staying[i]].filter((one) => one !== undefined)));
  }
  await landAsIs(world, `${hourOf(20)}/customers.json`, Buffer.from("PK\x03\x04\x14\0\0\0 customers.json", "latin1"));
  await landAsIs(world, `${hourOf(21)}/customers.csv`, Buffer.from("d0cf11e0a1b11ae1", "hex"));
  await landAsIs(
    world,
    `${hourOf(22)}/customers.json.gz`,
    Buffer.concat([
      gzipSync(line(markedPerson(700).customer())),
      Buffer.from("\n\0"),
      gzipSync(line(markedPerson(701).customer())),
      Buffer.from(`${line(markedPerson(702).customer())}\0\0\0\0`),
    ]),
  );
  await landAsIs(
    world,
    `${hourOf(23)}/customers.json.gz`,
    Buffer.concat([gzipSync(line(markedPerson(703).customer())), behindGzip()]),
  );
  await succeed(world, "customers");
}, 120_000);
afterAll(() => world.close());

/** A person in a form that is not read on behind gzip data. */
const behindGzip = () => Buffer.concat([Buffer.from([0x1f, 0x8b, 1, 2, 3]), wide(erased[0]?.email ?? "")]);

async function ids(): Promise<string[]> {
  const { rows } = await world.pool.query<{ id: string }>("select id from warehouse.customers order by id");
  return rows.map(({ id }) => id);
}

describe("files in other forms", () => {
  it("load all their records", async () => {
    const expected = [...erased, ...staying, markedPerson(700), markedPerson(701), markedPerson(702)]
      .map(({ id }) => id)
      .sort();
    expect(await ids()).toEqual(expected);
    const { rows } = await world.pool.query("select address from warehouse.customers where id = $1", [erased[3]?.id]);
    expect(rows).toEqual([{ address: "Flat 1\n2 Quiet Row" }]);
  });

  it("are archived as what they were converted to, and the ledger says what they were", async () => {
    const { rows } = await world.pool.query<{ kept: string; from: string; format: string }>(
      `select kept_path as kept, converted_from as from, format from ledger.files
       where state = 'done' order by partition_date, partition_hour`,
    );
    expect(rows.map(({ from }) => from)).toEqual([
      ...FORMS.map(([, from]) => from),
      "JSON with NUL bytes with bytes after the gzip data",
    ]);
    for (const { kept, format } of rows) {
      expect(kept.endsWith(`.${format}`)).toBe(true);
      const bytes = await readFile(join(world.archived, kept));
      const text = format.endsWith(".gz") ? gunzipSync(bytes).toString() : bytes.toString();
      expect(text).toMatch(format === "csv" ? /^\ufeff*id,/ : /^\{"id"/);
    }
    expect((await pathsBelow(world.data)).filter((path) => /^claimed\/.*\.|converted/.test(path))).toEqual([]);
  });

  it("are set aside under a reason of their own where they hold nothing that can be read, and the run says what to do", async () => {
    const { rows } = await world.pool.query(
      "select reason, message from ledger.quarantine where line is null order by message",
    );
    expect(rows).toEqual([
      {
        reason: "unsupported_format",
        message:
          "text in another encoding than UTF-8 is joined to the gzip data; send each of the two as a file of its own",
      },
      {
        reason: "unsupported_format",
        message: "the file is a zip archive; unpack it and send the files in it as JSON or CSV",
      },
      {
        reason: "unsupported_format",
        message:
          "the file is an Excel workbook (xls) or another Office document; save the sheet as CSV in UTF-8 and send that",
      },
    ]);
    const { rows: notices } = await world.pool.query(
      "select code, path, message from ledger.notices where code = 'bytes_behind_gzip'",
    );
    expect(notices).toMatchObject([
      {
        path: `${hourOf(22)}/customers.json.gz`,
        message: expect.stringMatching(/read as records\. It has \d{3} bytes\.$/),
      },
    ]);
  });

  it("hold none of those who are erased, in any byte", async () => {
    const requests = erased.map(({ id, email }) => ({ "customer-id": id, email }));
    await landRecords(world, "date=2022-03-02/hour=01/erasure-requests.json", requests);
    await succeed(world, "erasure-requests");
    await settle(world);
    expect(await survivors(erased)).toEqual([]);
    for (const path of await pathsBelow(world.quarantined)) {
      const bytes = await readFile(join(world.quarantined, path)).catch(() => Buffer.alloc(0));
      expect(bytes.includes(behindGzip()), path).toBe(false);
    }
    expect((await survivors(staying)).length).toBeGreaterThan(staying.length);
    expect(await ids()).toEqual(expect.arrayContaining(staying.map(({ id }) => id)));
  });
});

async function survivors(people: readonly MarkedPerson[]): Promise<string[]> {
  const found = new Set<string>();
  const look = (where: string, text: string) => {
    for (const form of decodedForms(text)) {
      for (const person of people)
        if (form.toLowerCase().includes(person.email.toLowerCase())) found.add(`${person.n}: ${where}`);
    }
  };
  for await (const { where, text } of readEverything(world)) if (!where.includes("landing/")) look(where, text);
  for (const path of (await filesBelow(world.data)).keys()) {
    if (path.startsWith("landing/")) continue;
    for (const text of unpackedTexts(await readFile(join(world.data, path)))) look(`file ${path}`, text);
  }
  return [...found];
}
