import { customer, transaction } from "./records.js";

type Fields = Readonly<Record<string, unknown>>;

/** A person every value of whom is theirs alone, so that any of it can be recognised wherever it turns up. */
export interface MarkedPerson {
  readonly n: number;
  readonly id: string;
  readonly email: string;
  /** The person as a customer. */
  customer(fields?: Fields): Fields;
  /** What the person buys; `sale` tells their transactions apart. Costs differ from person to person. */
  transaction(sale: number, fields?: Fields): Fields;
  readonly request: Fields;
}

/** Creates the n-th person, of up to 999. */
export function markedPerson(n: number): MarkedPerson {
  const code = codeOf(n);
  // With a leading zero, as no process id or duration has.
  const id = String(40_000 + n).padStart(6, "0");
  const email = `Em.${code}@Box-${code}.example`;
  return {
    n,
    id,
    email,
    customer: (fields = {}) =>
      customer({
        id,
        first_name: `Fn${code}`,
        last_name: `Ln${code} O'Hara`,
        date_of_birth: birthOf(n),
        email,
        phone_number: `+44 (0)20 7946 ${phoneOf(n)}`,
        address: `Ho${code} House\n1 Ad${code} Lane`,
        city: `Ci${code}`,
        country: "United Kingdom",
        postcode: `Po${code} 1`,
        ...fields,
      }),
    transaction: (sale, fields = {}) => {
      const cents = String(10_001 + n);
      const price = `${cents.slice(0, -2)}.${cents.slice(-2)}`;
      return transaction(n * 100 + sale, {
        transaction_time: `2022-03-0${1 + (n % 3)}T10:00:00`,
        customer_id: id,
        delivery_address: {
          address: `Dh${code} House\n2 Da${code} Street`,
          postcode: `Dp${code} 2`,
          city: `Dc${code}`,
          country: "Ireland",
        },
        purchases: { products: [{ sku: 11111, quantity: 1, price, total: price }], total_cost: price },
        ...fields,
      });
    },
    request: { "customer-id": id, email },
  };
}

/** Creates people, the first one being the n-th. */
export function markedPeople(count: number, first = 0): MarkedPerson[] {
  return Array.from({ length: count }, (_, i) => markedPerson(first + i));
}

// All of one length, so that none begins another. Not hexadecimal, so that no hash holds one.
function codeOf(n: number): string {
  return `zq${String(n)
    .padStart(3, "0")
    .replace(/\d/g, (digit) => "ghijklmnop".charAt(Number(digit)))}qz`;
}

function phoneOf(n: number): string {
  return `0${String(n).padStart(3, "0")}`;
}

// Never the first of January, which is what is left of a date of birth.
function birthOf(n: number): string {
  return `${1900 + (n % 90)}-${String(1 + (n % 12)).padStart(2, "0")}-${String(2 + (Math.floor(n / 90) % 27)).padStart(2, "0")}`;
}

/** Returns a function that finds the people whom a text names by any value, also in base64, and returns their numbers. */
export function createRecogniser(people: readonly MarkedPerson[]): (text: string) => Set<number> {
  const byWord = new Map<string, number>();
  for (const { n, id } of people) {
    byWord.set(codeOf(n), n);
    byWord.set(id, n);
    byWord.set(birthOf(n), n);
    byWord.set(`207946${phoneOf(n)}`, n);
    byWord.set(`7946 ${phoneOf(n)}`, n);
  }
  // An id within a longer word, or behind a point, is a part of a hash or of a second.
  const anyWord = /zq[g-p]{3}qz|(?<![0-9a-z.])04\d{4}(?![0-9a-z])|19\d\d-\d\d-\d\d|7946 0\d{3}|2079460\d{3}/gi;
  return (text) => {
    const encoded = text.matchAll(/[A-Za-z0-9+/]{40,}={0,2}/g);
    const texts = [text, ...[...encoded].map(([word]) => Buffer.from(word, "base64").toString("utf8"))];
    const words = texts.flatMap((each) => [...each.matchAll(anyWord)].map(([word]) => word.toLowerCase()));
    return new Set(words.map((word) => byWord.get(word)).filter((n) => n !== undefined));
  };
}
