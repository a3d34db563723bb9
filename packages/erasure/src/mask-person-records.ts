import type { DatasetName } from "@lethe/contracts/datasets";
import type { RejectReason } from "@lethe/contracts/reject-reasons";
import { maskCustomer } from "@lethe/datasets/customers/mask";
import type { Dataset } from "@lethe/datasets/dataset";
import {
  SELECT_ACCEPTED_REQUESTS,
  SELECT_ADDRESSES,
  SELECT_CUSTOMERS,
  SELECT_QUARANTINED,
  UNITE_CUSTOMERS,
  UPDATE_ADDRESSES,
  UPDATE_CUSTOMERS,
  UPDATE_ERASURE,
  UPDATE_HISTORY,
  UPDATE_QUARANTINED,
} from "@lethe/datasets/erasure-requests/person-records";
import type { MaskableAddress } from "@lethe/datasets/transactions/clean";
import { maskDeliveryAddress } from "@lethe/datasets/transactions/mask";
import { countMaskedValues } from "@lethe/privacy/count-masked-values";
import { findMentionedPerson } from "@lethe/privacy/find-mentioned-person";
import { maskRecord } from "@lethe/privacy/mask-record";
import { REDACTED } from "@lethe/privacy/mask-value";
import { keyedHash, type PrivacyKey, pseudonym } from "@lethe/privacy/privacy-key";
import { createSuppressionFinder } from "@lethe/privacy/suppression-list";
import { recordPlaces } from "@lethe/warehouse/erasures/erasure-work";
import type { Client } from "@lethe/warehouse/pool";
import type { ErasureContext } from "./context.js";
import { createPlaceTally, type PlaceTally } from "./place-tally.js";

/**
 * Masks what the database holds of the people whose requests are staged: customers and their history, the delivery
 * addresses of their transactions, and their records in quarantine. Runs in the requests' own transaction.
 */
export async function maskPersonRecords(client: Client, context: ErasureContext): Promise<void> {
  const { rows: requests } = await client.query<Request>(SELECT_ACCEPTED_REQUESTS);
  if (requests.length === 0) return;
  const people = createPeople(requests, context);
  const customers = await client.query<CustomerRow>(SELECT_CUSTOMERS, [people.ids(), people.emails()]);
  for (const { customer } of customers.rows) people.claim(customer.id, customer.email);
  const quarantined = await client.query<QuarantinedRow>(SELECT_QUARANTINED, [
    people.ids(),
    people.emails(),
    [...people.ids(), ...people.emails()].map(toLikePattern),
  ]);
  const [mismatched, records] = partition(quarantined.rows, ({ reason }) => reason === "identity_mismatch");
  for (const row of records) people.claim(row.customerId, row.email);
  // Addresses before customers: with the customer's id the transaction's changes too.
  await maskAddresses(client, context, people);
  // A request with the wrong id was the person's own, but the customer of that id is somebody else.
  for (const row of mismatched) people.claim(row.customerId, row.email);
  await maskQuarantined(client, context, people, quarantined.rows);
  await maskCustomers(client, context, people, customers.rows);
  for (const [erasureId, { pseudonyms, tally }] of people.results()) {
    const places = tally.places();
    await recordPlaces(client, erasureId, places);
    await client.query(UPDATE_ERASURE, [erasureId, pseudonyms, places.length > 0]);
  }
}

interface Request {
  erasureId: string;
  customerId: string;
  email: string;
  pseudonym: string;
  keyId: string;
}

interface CustomerRow {
  version: number | null;
  customer: { id: string; email: string | null };
}

interface QuarantinedRow {
  id: number;
  dataset: DatasetName;
  reason: RejectReason;
  payload: string;
  encoding: "utf8" | "base64";
  customerId: string | null;
  email: string | null;
  missingKey: string | null;
}

/** One person as a record names them: the request that it belongs to, and the key of the pseudonyms. */
interface Person {
  readonly erasureId: string;
  readonly key: PrivacyKey;
}

/**
 * Keeps whose record is whose. A person is known by id and by email; an id that comes with a known email belongs to the
 * same person from then on.
 */
function createPeople(requests: readonly Request[], context: ErasureContext) {
  const byId = new Map<string, Person>();
  const byEmail = new Map<string, Person>();
  const byErasure = new Map<string, { pseudonyms: string[]; tally: PlaceTally }>();
  const keyOf = (request: Request) => context.ring.all.find(({ id }) => id === request.keyId) ?? context.ring.current;
  for (const request of requests) {
    const person = { erasureId: request.erasureId, key: keyOf(request) };
    byId.set(request.customerId, person);
    byEmail.set(request.email, person);
    byErasure.set(request.erasureId, { pseudonyms: [request.pseudonym], tally: createPlaceTally() });
  }
  const findSuppression = createSuppressionFinder(
    requests.map((request) => ({
      customerKey: keyedHash(keyOf(request), "customer-id", request.customerId),
      emailKey: keyedHash(keyOf(request), "email", request.email),
      keyId: request.keyId,
    })),
    context.ring,
  );
  return {
    ids: () => [...byId.keys()],
    emails: () => [...byEmail.keys()],
    find: (customerId: string | null, email: string | null): Person | undefined =>
      (customerId === null ? undefined : byId.get(customerId)) ?? (email === null ? undefined : byEmail.get(email)),
    claim(customerId: string | null, email: string | null) {
      if (customerId === null || email === null || byId.has(customerId)) return;
      const person = byEmail.get(email);
      if (person === undefined) return;
      byId.set(customerId, person);
      byErasure.get(person.erasureId)?.pseudonyms.push(pseudonym(person.key, customerId));
    },
    /** Whom a text mentions that is no record, and by which id. */
    findMentioned(text: string): { person: Person; customerId: string | null } | undefined {
      if (findMentionedPerson(text, findSuppression) === undefined) return undefined;
      const request = requests.find(
        ({ customerId, email }) => text.includes(customerId) || text.toLowerCase().includes(email),
      );
      const person = request === undefined ? undefined : byId.get(request.customerId);
      return person === undefined ? undefined : { person, customerId: request?.customerId ?? null };
    },
    count(person: Person, place: string, values: number) {
      byErasure.get(person.erasureId)?.tally.add(place, values);
    },
    results: () => byErasure.entries(),
  };
}

type People = ReturnType<typeof createPeople>;

async function maskAddresses(client: Client, context: ErasureContext, people: People): Promise<void> {
  const { rows } = await client.query<{ customerId: string; transactionKey: string; address: MaskableAddress }>(
    SELECT_ADDRESSES,
    [people.ids()],
  );
  const masked = rows.flatMap(({ customerId, transactionKey, address }) => {
    const person = people.find(customerId, null);
    if (person === undefined) return [];
    const after = maskDeliveryAddress(address, context.policy.datasets.transactions, person.key);
    people.count(person, "warehouse.delivery_addresses", countMaskedValues(address, after));
    // The id in the transaction follows its customer by cascade.
    people.count(person, "warehouse.transactions", 1);
    return [{ transaction_key: transactionKey, ...after }];
  });
  await client.query(UPDATE_ADDRESSES, [JSON.stringify(masked)]);
}

async function maskCustomers(
  client: Client,
  context: ErasureContext,
  people: People,
  rows: readonly CustomerRow[],
): Promise<void> {
  const current: unknown[] = [];
  const superseded: unknown[] = [];
  for (const { version, customer } of rows) {
    const person = people.find(customer.id, customer.email);
    if (person === undefined) continue;
    const after = maskCustomer(customer, context.policy.datasets.customers, person.key);
    const before = Object.fromEntries(Object.keys(after).map((field) => [field, Reflect.get(customer, field)]));
    const place = version === null ? "warehouse.customers" : "warehouse.customers_history";
    people.count(person, place, countMaskedValues(before, after));
    (version === null ? current : superseded).push({ ...after, key: version ?? customer.id });
  }
  for (const statement of UNITE_CUSTOMERS) await client.query(statement, [JSON.stringify(current)]);
  await client.query(UPDATE_CUSTOMERS, [JSON.stringify(current)]);
  await client.query(UPDATE_HISTORY, [JSON.stringify(superseded)]);
}

async function maskQuarantined(
  client: Client,
  context: ErasureContext,
  people: People,
  rows: readonly QuarantinedRow[],
): Promise<void> {
  const masked = rows.flatMap((row) => {
    const known = people.find(row.customerId, row.email);
    const mentioned = known === undefined ? people.findMentioned(readable(row)) : undefined;
    const person = known ?? mentioned?.person;
    if (person === undefined) return [];
    const customerId = row.customerId ?? mentioned?.customerId ?? null;
    const { payload, values } =
      row.reason === "unreadable" || known === undefined
        ? { payload: REDACTED, values: 1 }
        : maskPayload(row.payload, context.datasets[row.dataset], context, person.key);
    people.count(person, "ledger.quarantine", values);
    const alias = customerId === null ? null : pseudonym(person.key, customerId);
    const missingKey = row.reason === "unknown_customer" ? alias : row.missingKey;
    // Without an id of its own, it may have the person's in a field that is kept.
    const isTold = alias === null && people.findMentioned(payload) !== undefined;
    return [{ id: row.id, payload: isTold ? REDACTED : payload, pseudonym: alias, missing_key: missingKey }];
  });
  await client.query(UPDATE_QUARANTINED, [JSON.stringify(masked)]);
}

function maskPayload(payload: string, dataset: Dataset, context: ErasureContext, key: PrivacyKey) {
  const before: unknown = JSON.parse(payload);
  const after = maskRecord(before, context.policy.datasets[dataset.name], key);
  return { payload: JSON.stringify(after), values: countMaskedValues(before, after) };
}

function readable(row: QuarantinedRow): string {
  return Buffer.from(row.payload, row.encoding).toString("utf8");
}

function toLikePattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, "\\$&")}%`;
}

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): [T[], T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
