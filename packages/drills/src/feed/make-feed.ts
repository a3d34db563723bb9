import { gzipSync } from "node:zlib";
import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { below, createRandomForRecord, type Random, uuid } from "@lethe/sample-data/random";
import type { Answer, CustomerAnswer, FileAnswer, Place, TransactionAnswer } from "./answer.js";

const CUSTOMERS = 80;
const PRODUCTS = 20;
const SMALL_FILES = 8;
const SALES_A_SMALL_FILE = 25;
const SALES_IN_LARGE_FILE = 1_200;
/** Customers from this one on come twice; none of them is erased. */
const FIRST_AGAIN = 65;
const REQUESTS_A_FILE = 10;
const LAST_HOUR_OF_REQUESTS = 22;

export interface FeedOptions {
  /** How many of the feed's customers ask to be erased, 60 at the most. */
  readonly erased: number;
  /** How many further ones are erased without a request in the feed: it is for the drill to ask. */
  readonly erasedOtherwise?: number;
  /** See `Answer.isOneRun`. Otherwise no two records with one id differ: it would depend on timing which of them is loaded. */
  readonly isOneRun?: boolean;
}

/**
 * Creates the input of one round of a drill, with its answer. Rounds of one cluster have days, ids and skus of their own
 * (up to 7,000 rounds), so that no round changes the outcome of the next. The same seed and round give the same bytes.
 */
export function makeFeed(
  seed: number,
  round: number,
  { erased, erasedOtherwise = 0, isOneRun = true }: FeedOptions = { erased: 3 },
): Answer {
  const random = createRandomForRecord(seed, "transaction", round);
  const files: FileAnswer[] = [];
  const rejected: { place: Place; reason: RejectReason }[] = [];
  /** Where lines stand of which there are copies, and where those do. */
  const copied = new Map<FeedLine, Place[]>();
  const day = new Date(Date.UTC(2021, 0, 1 + round)).toISOString().slice(0, 10);
  const pathOf = (hour: number, name: string) => `date=${day}/hour=${String(hour).padStart(2, "0")}/${name}`;

  const people = Array.from({ length: CUSTOMERS }, (_, n) => makePerson(round, n));
  const everErased = erased + erasedOtherwise;
  const isErased = (n: number) => n < everErased;
  const holdsErased = (text: Buffer) => people.slice(0, everErased).some(({ id }) => text.includes(id));

  /** Adds a file of JSON lines. A line with a reason must be rejected. */
  function addFile(dataset: DatasetName, path: string, lines: readonly FeedLine[]): void {
    lines.forEach((line, i) => {
      const place = { path, line: i + 1 };
      const { reason, original = line } = line;
      if (reason !== undefined) rejected.push({ place, reason });
      copied.get(original)?.push(place);
    });
    const text = Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from("\n")]));
    const bytes = path.endsWith(".gz") ? gzipSync(text) : text;
    files.push({ path, dataset, bytes, records: lines.length, isUnreadable: false, isRewritten: holdsErased(text) });
  }

  function addTornFile(dataset: DatasetName, path: string, lines: readonly FeedLine[]): void {
    const text = Buffer.concat(lines.flatMap(({ bytes }) => [bytes, Buffer.from("\n")]));
    const whole = gzipSync(text);
    const bytes = whole.subarray(0, whole.length - 20);
    files.push({ path, dataset, bytes, records: 0, isUnreadable: true, isRewritten: holdsErased(text) });
    rejected.push({ place: { path, line: null }, reason: "unreadable" });
  }

  /** Returns a good line once more, which is to stand behind the first one. */
  function copyOf(original: FeedLine | undefined): FeedLine {
    if (original === undefined) throw new Error("there is no line to copy");
    if (!copied.has(original)) copied.set(original, []);
    return { bytes: original.bytes, original };
  }

  // Customers: everybody once, some in a newer version, some again as they are, and some records that are invalid.
  const first = people.map((person) => good(person.record("2020-01-01")));
  const newer = people.slice(0, 20).map((person) => good(person.record("2020-06-01")));
  const again = first.slice(FIRST_AGAIN, FIRST_AGAIN + 10).map(copyOf);
  const invalid = [
    bad({ ...makePerson(round, 90).record("2020-01-01"), email: "no address" }, "schema"),
    bad({ ...makePerson(round, 91).record("2020-01-01"), first_name: undefined }, "schema"),
    { bytes: Buffer.from('{"id": "broken'), reason: "unreadable" as const },
    {
      bytes: Buffer.concat([Buffer.from('{"id": "'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]),
      reason: "unreadable" as const,
    },
  ];
  addFile("customers", pathOf(0, "customers.json"), [...first, ...invalid]);
  addFile("customers", pathOf(1, "customers.ndjson.gz"), [...newer, ...again]);

  // Products.
  const skus = Array.from({ length: PRODUCTS }, (_, n) => 1_000_000 + round * 100 + n);
  const priceOf = (sku: number) => `${1 + (sku % 37)}.${String(10 + (sku % 89))}`;
  const product = (sku: number) => ({
    sku,
    name: `Thing ${sku}`,
    price: priceOf(sku),
    category: "things",
    popularity: 0.5,
  });
  addFile("products", pathOf(0, "products.json.gz"), [
    ...skus.map((sku) => good(product(sku))),
    bad({ ...product(skus[0] ?? 0), price: "0" }, "schema"),
    bad({ ...product(skus[1] ?? 0), sku: "x" }, "schema"),
  ]);

  // Transactions.
  const transactions: TransactionAnswer[] = [];
  const sale = (n: number, path: string): FeedLine => {
    const { record, answer } = makeSale(random, people[n % CUSTOMERS], skus, priceOf, day);
    transactions.push({ ...answer, path, customerId: isErased(n % CUSTOMERS) ? null : answer.customerId });
    return good(record);
  };
  const badSales = (): FeedLine[] => {
    const { record } = makeSale(random, people.at(-1), skus, priceOf, day);
    return [
      bad({ ...record, transaction_id: uuid(random), customer_id: "999999" }, "unknown_customer"),
      bad({ ...record, transaction_id: "none" }, "schema"),
      bad(withWrongTotal({ ...record, transaction_id: uuid(random) }), "total_mismatch"),
      bad(ofUnknownProduct({ ...record, transaction_id: uuid(random) }), "unknown_sku"),
    ];
  };
  /** Returns a function that creates sales under one id: with each number another one, of people who are not erased. */
  const salesOfOneId = () => {
    const id = uuid(random);
    return (number: number) => {
      const { record, answer } = makeSale(random, people[CUSTOMERS - 10 + number], skus, priceOf, day);
      return { record: { ...record, transaction_id: id }, answer: { ...answer, id } };
    };
  };
  let n = 0;
  const salesOf = (count: number, path: string) => Array.from({ length: count }, () => sale(n++, path));
  const smallPaths = Array.from({ length: SMALL_FILES }, (_, i) =>
    pathOf(2 + i, i % 2 === 0 ? "transactions.json" : "transactions.json.gz"),
  );
  const largePath = pathOf(20, "transactions.ndjson.gz");
  const smallLines = smallPaths.map((path) => mixed(random, salesOf(SALES_A_SMALL_FILE, path), badSales()));
  const large = salesOf(SALES_IN_LARGE_FILE, largePath);
  // One id in several files: the first that can be taken stands, whatever is worked on first. Its copies are duplicates, and
  // what differs from it is a conflict. The large file is cut into many batches.
  const later = smallLines.map((lines) => copyOf(lines.find(({ reason }) => reason === undefined)));
  if (isOneRun) {
    smallLines.forEach((lines, i) => {
      const path = smallPaths[i] ?? "";
      // Behind the last small file comes the large one.
      const next = smallLines[i + 1] ?? later;
      const ofOneId = salesOfOneId();
      const taken = ofOneId(0);
      const line = good(taken.record);
      transactions.push({ ...taken.answer, path });
      lines.push(line);
      next.unshift(bad(ofOneId(1).record, "conflict"), copyOf(line));
      later.push(bad(ofOneId(2).record, "conflict"), copyOf(line));
      // The first of these is of a product that never comes, and the second does not add up.
      const ofAnotherId = salesOfOneId();
      lines.push(bad(ofUnknownProduct(ofAnotherId(0).record), "unknown_sku"));
      next.push(bad(withWrongTotal(ofAnotherId(1).record), "total_mismatch"));
      const sound = ofAnotherId(2);
      transactions.push({ ...sound.answer, path: largePath });
      large.splice(below(random, large.length), 0, good(sound.record));
    });
  }
  smallPaths.forEach((path, i) => {
    addFile("transactions", path, smallLines[i] ?? []);
  });
  const ownAgain = [3, 500, large.length - 1].map((line) => copyOf(large[line]));
  addFile("transactions", largePath, [...mixed(random, large, later), ...ownAgain, ...badSales()]);
  addTornFile("transactions", pathOf(21, "transactions.json.gz"), large.slice(0, 200));

  // Requests: many of them come in several files.
  const requests = people.slice(0, erased).map((person) => good({ "customer-id": person.id, email: person.email }));
  const stranger = people.at(-2);
  const mismatch = bad({ "customer-id": stranger?.id, email: `other@drill-${round}.example` }, "identity_mismatch");
  for (let i = 0; i < requests.length; i += REQUESTS_A_FILE) {
    const lines = requests.slice(i, i + REQUESTS_A_FILE);
    const hour = LAST_HOUR_OF_REQUESTS - i / REQUESTS_A_FILE;
    addFile("erasure-requests", pathOf(hour, "erasure-requests.json"), i === 0 ? [...lines, mismatch] : lines);
  }

  const customers: CustomerAnswer[] = people.map((person, i) => ({
    id: person.id,
    email: isErased(i) ? null : person.email.toLowerCase(),
    history: i < newer.length ? 1 : 0,
  }));
  return {
    files,
    customers,
    products: new Map(skus.map((sku) => [sku, priceOf(sku)])),
    transactions,
    rejected,
    copies: [...copied.values()],
    isOneRun,
    erased: people.slice(0, everErased).flatMap(({ id, email }) => [id, email.toLowerCase(), email]),
    people: people.map(({ id }) => id),
    erasedOtherwise: people.slice(erased, everErased).map(({ id, email }) => ({ customerId: id, email })),
    records: files.reduce((sum, file) => sum + file.records, 0),
  };
}

interface FeedLine {
  readonly bytes: Buffer;
  readonly reason?: RejectReason;
  /** The line that this one is a copy of. */
  readonly original?: FeedLine;
}

const good = (record: object): FeedLine => ({ bytes: Buffer.from(JSON.stringify(record)) });
const bad = (record: object, reason: RejectReason): FeedLine => ({
  bytes: Buffer.from(JSON.stringify(record)),
  reason,
});

function ofUnknownProduct<R extends Sale>(record: R): R {
  const products = [{ sku: 999_999, quanitity: 1, price: "1.00", total: "1.00" }];
  return { ...record, purchases: { products, total_cost: "1.00" } };
}

function withWrongTotal<R extends Sale>(record: R): R {
  return { ...record, purchases: { ...record.purchases, total_cost: "0.01" } };
}

type Sale = ReturnType<typeof makeSale>["record"];

/** Inserts lines among others at random places. */
function mixed(random: Random, lines: readonly FeedLine[], among: readonly FeedLine[]): FeedLine[] {
  const all = [...lines];
  for (const line of among) all.splice(below(random, all.length + 1), 0, line);
  return all;
}

function makePerson(round: number, n: number) {
  const id = `${1_000 + round}${String(n).padStart(2, "0")}`;
  const email = `Person.${id}@Drill-${round}.example`;
  return {
    id,
    email,
    record: (lastChange: string) => ({
      id,
      first_name: `First${id}`,
      last_name: `Last${id}`,
      date_of_birth: "1980-05-17",
      email,
      phone_number: `+44 20 7946 0${String(n).padStart(3, "0")}`,
      address: `${n} Street\nHouse ${id}`,
      city: `City${id}`,
      country: "Ireland",
      postcode: "D06 F1X2",
      last_change: lastChange,
      segment: lastChange === "2020-01-01" ? "old" : "new",
    }),
  };
}

function makeSale(
  random: Random,
  person: ReturnType<typeof makePerson> | undefined,
  skus: readonly number[],
  priceOf: (sku: number) => string,
  day: string,
) {
  const id = uuid(random);
  const customerId = person?.id ?? "";
  let cents = 0;
  const products = Array.from({ length: 1 + below(random, 3) }, () => {
    const sku = skus[below(random, skus.length)] ?? 0;
    const quantity = 1 + below(random, 5);
    const price = priceOf(sku);
    const lineCents = Number(price.replace(".", "")) * quantity;
    cents += lineCents;
    return { sku, quanitity: quantity, price, total: toMoney(lineCents) };
  });
  return {
    record: {
      transaction_id: id,
      transaction_time: `${day}T10:00:00.123456`,
      customer_id: customerId,
      delivery_address: { address: `Home ${customerId}`, postcode: "D06 F1X2", city: "Dublin", country: "Ireland" },
      purchases: { products, total_cost: toMoney(cents) },
    },
    answer: {
      id,
      customerId,
      total: toMoney(cents),
      lines: products.map((line) => `${line.sku} ${line.quanitity} ${line.price} ${line.total}`),
    },
  };
}

function toMoney(cents: number): string {
  const digits = String(cents).padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
