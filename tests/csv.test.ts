import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Piece, readEverything } from "@lethe/test-kit/everything";
import { pathsBelow } from "@lethe/test-kit/folders";
import { land, landRecords } from "@lethe/test-kit/landing";
import { settle, succeed } from "@lethe/test-kit/runs";
import { readRows } from "@lethe/test-kit/warehouse-rows";
import { openWorld, type World } from "@lethe/test-kit/world";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

const HOUR = "date=2022-07-01/hour=05";
const FORMATS = {
  customers: { names: { Kundennummer: "id", Vorname: "first_name", Nachname: "last_name" } },
  products: { decimalComma: true, columns: ["sku", "name", "price", "category", "popularity"] },
};

let world: World;

beforeAll(async () => {
  world = await openWorld({ settings: { LETHE_INPUT_FORMATS: JSON.stringify(FORMATS) } });
});
afterAll(() => world.close());
afterEach(async () => {
  await world.pool.query(
    "truncate ledger.runs, ledger.processed_files, warehouse.customers, warehouse.products restart identity cascade",
  );
  await Promise.all(
    [world.archived, world.processed, world.quarantined].map((folder) => rm(folder, { recursive: true, force: true })),
  );
});

/** Returns what quarantine holds: the line in the file, the reason, the message and the text of each record. */
async function quarantine() {
  const { rows } = await world.pool.query<{
    line: number | null;
    reason: string;
    message: string;
    payload: string | null;
  }>(
    "select line, reason, message, convert_from(case payload_encoding when 'base64' then decode(payload, 'base64') else convert_to(payload, 'UTF8') end, 'LATIN1') as payload from ledger.quarantine order by line nulls first",
  );
  return rows.map(({ line, reason, message, payload }) => [line, reason, message, payload]);
}

/** Returns the text of the one file of a dataset below a folder. */
async function textOf(folder: string, dataset: string): Promise<string> {
  const [path, ...others] = (await pathsBelow(folder)).filter((each) => each.includes(`/${dataset}.`));
  expect(others).toEqual([]);
  return readFile(join(folder, path ?? ""), "utf8");
}

/** Returns where anything stands that matches, of all that Lethe keeps. */
async function placesOf(pattern: RegExp): Promise<string[]> {
  const pieces: Piece[] = [];
  for await (const piece of readEverything(world)) pieces.push(piece);
  return pieces.filter(({ text }) => pattern.test(text)).map(({ where }) => where);
}

describe("a CSV file as a spreadsheet writes it", () => {
  it("comes to the same rows in any dialect", async () => {
    const header = ["id", "first_name", "last_name", "email", "city"];
    const row = ["007001", "Zoë", 'Quo"te; comma, pipe|', "zoe@box.example", "Bath"];
    const write = (delimiter: string, end: string, names = header) =>
      [names, row].map((cells) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter)).join(end) +
      end;
    const files = [
      write(",", "\n"),
      `sep=;\r\n\r\n${write(";", "\r\n")};;;;\r\n;;;;\r\n`,
      write("\t", "\r"),
      `\ufeff${write("|", "\n", ["Kundennummer", " vorname", "LAST NAME", "E-Mail", "City"]).replace("E-Mail", "Email")}`,
    ];
    const seen: unknown[] = [];
    for (const [i, file] of files.entries()) {
      await land(world, `date=2022-07-0${i + 1}/hour=05/customers.csv`, file);
      const [run] = await succeed(world, "customers");
      expect(run?.records, `file ${i}`).toMatchObject({ in: 1, loaded: i === 0 ? 1 : 0 });
      expect(run?.schemaChanges).toMatchObject([
        { change: "missing" },
        { change: "missing" },
        ...Array(5).fill({ change: "missing" }),
      ]);
      const [customer] = await readRows(world.pool, "customers");
      seen.push([customer?.id, customer?.first_name, customer?.last_name, customer?.email, customer?.city]);
    }
    expect(seen).toEqual(files.map(() => row));
    expect(await pathsBelow(world.landing)).toEqual([]);
    const { rows } = await world.pool.query<{ converted_from: string | null }>(
      "select converted_from from ledger.files order by id",
    );
    expect(rows.map(({ converted_from }) => converted_from)).toEqual([
      null,
      "CSV separated by semicolons",
      "CSV separated by tabs",
      "CSV separated by vertical bars",
    ]);
  });

  it("loses the rows that are bad, and those alone, and names them by their numbers", async () => {
    const text = [
      "id;first_name;last_name;email;city",
      "007001;Ada;Test;a@box.example;Bath",
      '007002;"Bob "B" x";Test;b@box.example;Bath',
      "",
      "007003;Cy;Test;c@box.example;Bath;more",
      '007004;"Di;Test;d@box.example;Bath',
      "007005;Z\u00eb;Test;e@box.example;Bath",
      "7006;Fay;Test;f@box.example;Bath",
      '="007007";Gil;"Te\r\nst";g@box.example;Bath',
    ].join("\r\n");
    await land(world, `${HOUR}/customers.csv`, Buffer.from(text, "latin1"));
    await succeed(world, "customers");
    expect((await readRows(world.pool, "customers")).map(({ id }) => id)).toEqual(["007001", "007007"]);
    expect(await quarantine()).toEqual([
      [
        3,
        "unreadable",
        expect.stringMatching(/^row 3: a quote that is not closed/),
        '007002;"Bob "B" x";Test;b@box.example;Bath',
      ],
      [5, "schema", "row 5 has 6 fields, the header has 5", "007003;Cy;Test;c@box.example;Bath;more"],
      [
        6,
        "unreadable",
        expect.stringMatching(/^row 6: a quote that is not closed/),
        '007004;"Di;Test;d@box.example;Bath',
      ],
      [
        7,
        "unreadable",
        expect.stringMatching(/^row 7 is not UTF-8; .*windows-1252/),
        "007005;Z\u00eb;Test;e@box.example;Bath",
      ],
      [
        8,
        "schema",
        expect.stringMatching(/fewer than six digits: a spreadsheet has taken away/),
        expect.stringContaining("7006"),
      ],
    ]);
  });

  it("has decimal commas and no header row where that is set", async () => {
    await land(
      world,
      `${HOUR}/products.csv`,
      '3001;Pan;1.234,50;misc;0,5\n3002;Pot;"2,5";misc;1\n3003;"12" pan";1;misc;1\n',
    );
    await succeed(world, "products");
    expect(
      (await readRows(world.pool, "products")).map(({ sku, price, popularity }) => [sku, price, popularity]),
    ).toEqual([
      [3001, "1234.50", 0.5],
      [3002, "2.5", 1],
    ]);
    expect(await quarantine()).toMatchObject([
      [3, "unreadable", expect.stringMatching(/^row 3: /), '3003;"12" pan";1;misc;1'],
    ]);
  });

  it("stands in quarantine whole, its first row too, without a header row, and shows nobody; a person in it can be erased", async () => {
    const person = (n: number) =>
      `20700${n},Ada,Headless${n},1980-02-03,headless${n}@box.example,020 7946 0018,1 Quiet Row,city,United Kingdom,BA1 1AA,2020-01-01,home`;
    await land(world, `${HOUR}/customers.csv`, `${person(1)}\n${person(2)}\n`);
    const [run] = await succeed(world, "customers");
    expect(run).toMatchObject({ schemaChanges: [], records: { in: 0 } });
    expect(await quarantine()).toEqual([
      [null, expect.any(String), expect.stringMatching(/^the file has no header row/), null],
    ]);
    const kept = await textOf(world.quarantined, "customers");
    expect(kept).toBe(`${person(1)}\n${person(2)}\n`);
    const { body } = await world.api("GET", `/runs/${run?.id}`);
    expect(JSON.stringify(body)).not.toMatch(/headless|20700/i);
    await landRecords(world, "date=2022-07-02/hour=01/erasure-requests.json", [
      { "customer-id": "207001", email: "headless1@box.example" },
    ]);
    await succeed(world, "erasure-requests");
    await settle(world);
    expect(await placesOf(/headless1|207001/i)).toEqual([]);
  });

  it("is masked where a person in it is erased, the bad row too, and nobody else", async () => {
    const text = [
      "id,first_name,last_name,email,city",
      '208001,"Ann "A" x",Gonex,gonex@box.example,Bath',
      "208001,Ann,Gonex,gonex@box.example,Bath",
      '208002,"Bob "B" x",Staysx,staysx@box.example,Bath',
      "208003,Cy,Staysx,cy@box.example,Bath",
    ].join("\n");
    await land(world, `${HOUR}/customers.csv`, text);
    await succeed(world, "customers");
    await landRecords(world, "date=2022-07-02/hour=01/erasure-requests.json", [
      { "customer-id": "208001", email: "gonex@box.example" },
    ]);
    await succeed(world, "erasure-requests");
    await settle(world);
    expect(await placesOf(/gonex|208001/i)).toEqual([]);
    expect(await placesOf(/208002/)).not.toEqual([]);
    const archived = await textOf(world.archived, "customers");
    expect(archived.split("\n").slice(3)).toEqual(text.split("\n").slice(3));
    expect(archived.split("\n")).toHaveLength(5);
  });
});

describe("a CSV file that is quarantined whole", () => {
  it("leaves no conversion behind", async () => {
    const rows = "id;first_name;last_name;email\n007101;Ann;Quiet;quiet@box.example\n";
    await land(world, `${HOUR}/customers.csv`, `${rows}first_name;id;last_name;email\nBo;007102;Lee;lee@box.example\n`);
    await succeed(world, "customers");
    expect(await pathsBelow(join(world.data, "claimed"))).toEqual([]);
  });

  it("is taken when it comes again once a setting makes it readable, and its record in quarantine is resolved", async () => {
    const rows = "9001;Desk;20,50;Home;0,5\n9002;Lamp;1,5;Home;0,25\n";
    const extractorWith = async (formats: object) => {
      for (const service of world.running) if (service.name === "extractor") await world.stop(service);
      await world.start("extractor", { LETHE_INPUT_FORMATS: JSON.stringify(formats) });
    };
    await extractorWith({});
    for (let i = 0; i < 2; i++) {
      await land(world, `${HOUR}/products.csv`, rows);
      await succeed(world, "products");
    }
    expect(await quarantine()).toEqual([[null, "unreadable", expect.stringContaining("set columns"), null]]);
    expect((await pathsBelow(world.quarantined)).length).toBeGreaterThan(0);
    await extractorWith(FORMATS);
    await land(world, `${HOUR}/products.csv`, rows);
    await succeed(world, "products");
    const { rows: loaded } = await world.pool.query("select sku from warehouse.products order by sku");
    expect(loaded).toEqual([{ sku: 9001 }, { sku: 9002 }]);
    expect((await pathsBelow(world.quarantined)).filter((path) => path.endsWith(".csv"))).toEqual([]);
    const states = await world.pool.query(
      "select q.status, q.resolved_at is not null as resolved, f.state, f.kept_path from ledger.quarantine q join ledger.files f on f.id = q.file_id",
    );
    expect(states.rows).toEqual([{ status: "replayed", resolved: true, state: "released", kept_path: null }]);
    expect(await pathsBelow(join(world.data, "claimed"))).toEqual([]);
  });
});
