import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { toCsv } from "@lethe/test-kit/csv";
import { brokenLine, tornGzip } from "@lethe/test-kit/damage";
import { decodedForms, unpackedTexts } from "@lethe/test-kit/decoded-forms";
import { readEverything } from "@lethe/test-kit/everything";
import { filesBelow } from "@lethe/test-kit/folders";
import { land, landAsIs, landRecords } from "@lethe/test-kit/landing";
import { type MarkedPerson, markedPerson } from "@lethe/test-kit/marked-people";
import { product } from "@lethe/test-kit/records";
import type { World } from "@lethe/test-kit/world";

/** A way in which a person can stand in what Lethe keeps, and one person who stands there. */
export interface Plant {
  readonly what: string;
  readonly person: MarkedPerson;
  /** Some records are not known to be the person's until they come back. */
  readonly joinsLater: boolean;
  /** Puts the person into landing, before the request. `hour` is a folder of the plant's own. */
  before(world: World, hour: string): Promise<void>;
  /** Lets the person come back after the erasure, in another folder and form. */
  after?(world: World, hour: string): Promise<void>;
}

type Record = Readonly<{ [name: string]: unknown }>;

/** A neighbour of everybody, who stays. */
export const STAYS = markedPerson(900);

/** The second id of a person. */
const secondId = (person: MarkedPerson) => String(60_000 + person.n).padStart(6, "0");

const lines = (records: readonly unknown[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const codeOf = (person: MarkedPerson) => String(person.customer().city).slice(2);
const former = (person: MarkedPerson) => `former.${codeOf(person)}@box.example`;
const everyCharacter = (text: string, encode: (code: number) => string) =>
  [...text].map((character) => encode(character.codePointAt(0) ?? 0)).join("");
const hex = (code: number, digits: number) => code.toString(16).padStart(digits, "0");

/** The persons' records in a file of JSON lines. */
const inJson =
  (name: string, ...records: ((person: MarkedPerson) => Record)[]) =>
  (person: MarkedPerson) =>
  (world: World, hour: string) =>
    landRecords(
      world,
      `${hour}/${name}.json`,
      records.map((record) => record(person)),
    );

/** Text beside the person's ordinary record, as a line that is no record. */
const broken = (line: (person: MarkedPerson) => string) => (person: MarkedPerson) => (world: World, hour: string) =>
  land(world, `${hour}/customers.json`, `${JSON.stringify(person.customer())}\n${line(person)}\n`);

const withoutHeader = (record: Record) => {
  const csv = toCsv([record, STAYS.customer()]);
  return csv.slice(csv.indexOf("\n") + 1);
};

/** Packs a product, with the name that its sender's file had, and a comment. */
function namedGzip(person: MarkedPerson, sku: number): Buffer {
  const bytes = gzipSync(lines([product({ sku })]));
  bytes[3] = 0x18;
  const texts = Buffer.from(`of ${person.email}.json\0sent by ${person.id}\0`);
  return Buffer.concat([bytes.subarray(0, 10), texts, bytes.subarray(10)]);
}

/** Each kind of place, with how it is planted and how it comes back. */
const KINDS: readonly [
  what: string,
  before: (person: MarkedPerson) => Plant["before"],
  after?: (person: MarkedPerson) => Plant["before"],
][] = [
  [
    "a second id with the same email and name, whose older version has another email",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [
        person.customer(),
        person.customer({ id: secondId(person), email: former(person), last_change: "2020-01-01" }),
        person.customer({ id: secondId(person), last_change: "2021-01-01" }),
      ]);
      await landRecords(world, `${hour}/transactions.json`, [
        person.transaction(1),
        person.transaction(2, { customer_id: secondId(person) }),
      ]);
    },
    inJson("customers", (person) => person.customer({ id: secondId(person), email: former(person) })),
  ],
  [
    "a second id that joins after the erasure",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [
        person.customer(),
        person.customer({ id: secondId(person), email: former(person), last_change: "2020-01-01" }),
      ]);
      await landRecords(world, `${hour}/transactions.json`, [person.transaction(1, { customer_id: secondId(person) })]);
    },
    inJson("customers", (person) => person.customer({ id: secondId(person), last_change: "2021-01-01" })),
  ],
  [
    "a former email of the id",
    inJson(
      "customers",
      (person) => person.customer({ email: former(person), last_change: "2020-01-01" }),
      (person) => person.customer({ last_change: "2021-01-01" }),
    ),
    inJson("customers", (person) => person.customer({ id: secondId(person), email: former(person).toUpperCase() })),
  ],
  [
    "a file that holds only a record without an id",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await landRecords(world, `${hour}/customers.other.json`, [person.customer({ id: null })]);
    },
    inJson("customers", (person) => person.customer({ id: null, last_change: "2021-01-01" })),
  ],
  [
    "an id as text without its zeros, as a number, and with blanks",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await landRecords(world, `${hour}/transactions.json`, [
        person.transaction(1, { customer_id: String(Number(person.id)) }),
        person.transaction(2, { customer_id: Number(person.id) }),
        person.transaction(3, { customer_id: ` ${person.id}\u200b ` }),
      ]);
    },
    inJson("transactions", (person) => person.transaction(4, { customer_id: ` ${Number(person.id)}.0` })),
  ],
  [
    "fields that the schema does not know, at any depth, and names of fields",
    (person) => async (world, hour) => {
      const name = String(person.customer().last_name);
      await landRecords(world, `${hour}/customers.json`, [
        person.customer(),
        person.customer({ notes: [{ for: { [name]: [person.email, { [person.email]: 1 }] } }] }),
      ]);
      await landRecords(world, `${hour}/transactions.json`, [
        person.transaction(1, {
          purchases: {
            products: [{ sku: 11111, quantity: 1, price: "5.00", total: "5.00", gift_note: `For ${name}` }],
            total_cost: "5.00",
            gift_to: { name, at: [person.email] },
          },
        }),
      ]);
    },
    inJson("transactions", (person) =>
      person.transaction(2, { purchases: { products: [], total_cost: "0", gift_to: person.customer() } }),
    ),
  ],
  [
    "fields that are kept",
    inJson("customers", (person) =>
      person.customer({ country: person.email, segment: String(person.customer().last_name) }),
    ),
  ],
  [
    "a row of CSV whose fields are shifted",
    (person) => (world, hour) =>
      land(
        world,
        `${hour}/customers.csv`,
        toCsv([person.customer({ address: "Flat" }), STAYS.customer({ address: "Flat" })]).replace(
          `"${person.id}"`,
          `"x","${person.id}"`,
        ),
      ),
  ],
  [
    "a CSV file without a header",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await land(world, `${hour}/customers.csv`, withoutHeader(person.customer()));
    },
    (person) => (world, hour) => land(world, `${hour}/customers.csv`, withoutHeader(person.customer({ city: "Ci" }))),
  ],
  [
    "the name of a column, in a CSV file that has no rows",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await land(world, `${hour}/customers.csv`, `id,${person.email}\n`);
    },
    (person) => (world, hour) => land(world, `${hour}/customers.csv`, `id,x,${person.email}\n`),
  ],
  [
    "the name and the comment in the header of a packed file of something else",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await landAsIs(world, `${hour}/products.json.gz`, namedGzip(person, 700_000 + person.n));
    },
    (person) => (world, hour) => landAsIs(world, `${hour}/products.json.gz`, namedGzip(person, 710_000 + person.n)),
  ],
  [
    "requests that are none, in the run of the good one",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      const { id, email } = person;
      await landRecords(world, `${hour}/erasure-requests.json`, [
        { "customer-id": id, email, comment: `I am ${String(person.customer().last_name)}` },
        { customer_id: id, email },
      ]);
    },
  ],
  ["a broken line", broken((person) => brokenLine(person.customer()))],
  ["a broken line with only the email, in capitals", broken((person) => `{"mail": "${person.email.toUpperCase()}`)],
  ["JSON escapes", broken((person) => `{"mail": "${everyCharacter(person.email, (code) => `\\u${hex(code, 4)}`)}"`)],
  ["an escaped at sign", broken((person) => `mail=${person.email.replace("@", "\\u0040")};`)],
  ["percent-encoding", broken((person) => `?mail=${everyCharacter(person.email, (code) => `%${hex(code, 2)}`)}&x`)],
  ["an encoded at sign", broken((person) => `<a href="mailto:${person.email.replace("@", "%40")}">`)],
  [
    "quoted-printable",
    broken((person) => `To: ${everyCharacter(person.email, (code) => `=${hex(code, 2).toUpperCase()}`)}=\\n`),
  ],
  ["HTML entities", broken((person) => `<p>${everyCharacter(person.email, (code) => `&#${code};`)}</p>`)],
  ["an entity for the at sign", broken((person) => `<p>${person.email.replace("@", "&commat;")}</p>`)],
  [
    "invisible characters within an email",
    broken((person) => `mail:${person.email.replace("@", "\u200b@\u200b").replace("Em", "E\u00adm")}!`),
  ],
  ["an id in a broken line, without its zeros", broken((person) => `{"customer_id": ${Number(person.id)}, "x`)],
  [
    "a full name in a broken line",
    broken((person) => `dear ${String(person.customer().first_name)} ${String(person.customer().last_name)},`),
  ],
  [
    "the email in another person's record",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [
        person.customer(),
        STAYS.customer({ address: `c/o ${person.email}\n1 Lane`, segment: person.email.toUpperCase() }),
      ]);
    },
    inJson("customers", (person) => STAYS.customer({ address: `c/o <${person.email}>`, last_change: "2022-01-01" })),
  ],
  [
    "a name of a file",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.${codeOf(person)}.json`, [person.customer()]);
      await landRecords(world, `${hour}/transactions.${codeOf(person)}.ndjson`, [person.transaction(1)]);
    },
  ],
  [
    "the name of an unknown field",
    inJson("customers", (person) =>
      person.customer({ [`${person.customer().first_name}_${person.customer().last_name}`]: 1 }),
    ),
  ],
  [
    "a torn file that comes again in another hour",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await landAsIs(world, `${hour}/customers.torn.json.gz`, tornOf(person));
    },
    (person) => (world, hour) => landAsIs(world, `${hour}/customers.json.gz`, tornOf(person)),
  ],
  [
    "a file in UTF-16",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await landAsIs(world, `${hour}/customers.wide.json`, Buffer.from(lines([person.customer()]), "utf16le"));
    },
    (person) => (world, hour) =>
      landAsIs(world, `${hour}/customers.json`, Buffer.from(`\ufeff${lines([person.customer()])}`, "utf16le")),
  ],
  [
    "a packed file in a packed file",
    (person) => async (world, hour) => {
      await landRecords(world, `${hour}/customers.json`, [person.customer()]);
      await landAsIs(
        world,
        `${hour}/customers.twice.json.gz`,
        gzipSync(gzipSync(lines([person.customer({ last_change: "2021-02-03" })]))),
      );
    },
    (person) => (world, hour) =>
      landAsIs(world, `${hour}/customers.json.gz`, gzipSync(gzipSync(lines([person.customer()])))),
  ],
  [
    "an email with an accent, composed here and decomposed there",
    (person) => async (world, hour) => {
      const email = `zoë.${codeOf(person)}@box.example`;
      await landRecords(world, `${hour}/customers.json`, [person.customer({ email })]);
      await land(world, `${hour}/customers.other.json`, `{"mail": "${email.normalize("NFD")}\n`);
    },
    (person) => (world, hour) =>
      land(world, `${hour}/customers.json`, `{"mail": "${`zoë.${codeOf(person)}@box.example`.normalize("NFD")}\n`),
  ],
  [
    "quarantine alone",
    inJson("customers", (person) => person.customer({ first_name: 7 })),
    inJson("customers", (person) => person.customer({ first_name: [] })),
  ],
  ["an email between letters without blanks", broken((person) => `{"note": "请联系${person.email}谢谢`)],
];

/** All plants, each with a person of its own. */
export const PLANTS: readonly Plant[] = KINDS.map(([what, before, after], i) => {
  const person = markedPerson(100 + i);
  return {
    what,
    person,
    joinsLater: what.includes("joins after"),
    before: before(person),
    ...(after !== undefined && { after: after(person) }),
  };
});

/** The request of a plant's person. */
export function requestOf({ what, person }: Plant): Record {
  const hasAccent = what.startsWith("an email with an accent");
  return { "customer-id": person.id, email: hasAccent ? `ZOË.${codeOf(person)}@box.example` : person.email };
}

/** Puts everybody into landing, with what they buy and who stays. */
export async function plantAll(world: World): Promise<void> {
  await landRecords(world, "date=2022-03-01/hour=00/products.json", [product()]);
  await landRecords(world, "date=2022-02-01/hour=00/customers.json", [STAYS.customer()]);
  await landRecords(world, "date=2022-02-01/hour=00/transactions.json", [STAYS.transaction(1), STAYS.transaction(2)]);
  for (const [i, plant] of PLANTS.entries()) {
    await plant.before(world, hourOf("2022-03", i));
    await landRecords(world, `${hourOf("2022-04", i)}/transactions.json`, [plant.person.transaction(50)]);
  }
}

/** Lets everybody come back: by the plant's own way, and with all that they had as packed arrays of another hour. */
export async function plantAgain(world: World): Promise<void> {
  for (const [i, plant] of PLANTS.entries()) {
    await plant.before(world, hourOf("2022-05", i));
    await plant.after?.(world, hourOf("2022-06", i));
    await landAsIs(
      world,
      `${hourOf("2022-07", i)}/transactions.json.gz`,
      gzipSync(JSON.stringify([plant.person.transaction(50)])),
    );
  }
}

/**
 * Searches every byte that is kept, in every form, and returns a line for each plant whose person is found and each place.
 * Landing is left out: what lies there is its sender's.
 */
export async function findSurvivors(world: World, plants: readonly Plant[] = PLANTS): Promise<string[]> {
  const found = new Set<string>();
  const look = (where: string, text: string) => {
    for (const form of decodedForms(text)) {
      for (const plant of plants) if (names(plant.person, form)) found.add(`${plant.what}: ${where}`);
    }
  };
  for await (const { where, text } of readEverything(world)) {
    if (!where.includes("landing/") && !text.startsWith("landing/")) look(where, text);
  }
  for (const path of (await filesBelow(world.data)).keys()) {
    if (path.startsWith("landing/")) continue;
    for (const text of unpackedTexts(await readFile(join(world.data, path)))) look(`file ${path}`, text);
  }
  return [...found].sort();
}

function names(person: MarkedPerson, text: string): boolean {
  const isMarked = text.toLowerCase().includes(codeOf(person).toLowerCase());
  const phone = String(person.customer().phone_number).slice(-9);
  const ids = [person.id, secondId(person)].some((id) => new RegExp(`(?<![0-9a-z.])${id}(?![0-9a-z])`, "i").test(text));
  return isMarked || ids || text.includes(phone) || text.includes(phone.replace(" ", ""));
}

function hourOf(month: string, i: number): string {
  return `date=${month}-${String(1 + Math.floor(i / 24)).padStart(2, "0")}/hour=${String(i % 24).padStart(2, "0")}`;
}

/** The same bytes each time, as a sender who sends a file again has them. */
function tornOf(person: MarkedPerson): Buffer {
  const known = TORN.get(person.n) ?? tornGzip(lines([person.customer()]));
  TORN.set(person.n, known);
  return known;
}
const TORN = new Map<number, Buffer>();
