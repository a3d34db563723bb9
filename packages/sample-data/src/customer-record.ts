import { makeAddress } from "./address.js";
import { addDays } from "./calendar.js";
import type { DefectName } from "./defects.js";
import { MAX_CUSTOMERS } from "./options.js";
import { permute } from "./permutation.js";
import { below, between, chance, createRandomForRecord, pick, type Random } from "./random.js";
import { DRAMA_PHONES, EMAIL_DOMAINS, FIRST_NAMES, LAST_NAMES, LONG_PHONE, SEGMENTS } from "./words.js";

/** Defects that one customer record can bear. */
export const CUSTOMER_DEFECTS = [
  "newer_customer",
  "null_first_name",
  "untidy_email",
  "null_last_name",
  "long_phone",
  "null_email",
  "repeated_customer",
] as const satisfies readonly DefectName[];
export type CustomerDefect = (typeof CUSTOMER_DEFECTS)[number];

const ALL_IDS = 1_000_000;

/** Returns the id of six digits, leading zeros kept, of the customer of an index. */
export function customerId(seed: number, index: number): string {
  return String(permute(index, ALL_IDS, seed)).padStart(6, "0");
}

/** Returns an id that no generated customer has. */
export function unknownCustomerId(seed: number, random: Random): string {
  return customerId(seed, MAX_CUSTOMERS + below(random, ALL_IDS - MAX_CUSTOMERS));
}

/** Returns the email, tidy and nobody else's, of the customer of an index. */
export function customerEmail(seed: number, index: number): string {
  return makePerson(createRandomForRecord(seed, "customer", index), index).email;
}

export interface CustomerLine {
  readonly json: string;
  readonly traits: { readonly leading_zero_id: boolean; readonly address_newline: boolean };
}

/**
 * Creates the record of the customer of an index as a line of JSON, with the given defect in it.
 * `newer` gives the version that comes later: the same person, moved house, changed after `startDate`.
 */
export function customerLine(
  seed: number,
  index: number,
  startDate: string,
  defect: CustomerDefect | undefined,
  newer: boolean,
): CustomerLine {
  const random = createRandomForRecord(seed, "customer", index);
  const id = customerId(seed, index);
  const person = makePerson(random, index);
  const email = defect === "untidy_email" ? `  ${alternateCase(person.email)} ` : person.email;
  const birth = chance(random, 0.35) ? addDays("1930-01-01", below(random, 27_000)) : null;
  const phone = defect === "long_phone" ? LONG_PHONE : chance(random, 0.5) ? pick(random, DRAMA_PHONES) : null;
  const phoneNumber = phone?.replace(/#/g, () => String(below(random, 10))) ?? null;
  const segment = chance(random, 0.57) ? pick(random, SEGMENTS) : null;
  const home = makeAddress(newer ? createRandomForRecord(seed, "movedCustomer", index) : random);
  const lastChange = addDays(startDate, newer ? between(random, 1, 28) : -below(random, 60));
  const json =
    `{"id": "${id}", "first_name": ${textOrNull(defect === "null_first_name" ? null : person.firstName)}, ` +
    `"last_name": ${textOrNull(defect === "null_last_name" ? null : person.lastName)}, ` +
    `"date_of_birth": ${textOrNull(birth)}, "email": ${textOrNull(defect === "null_email" ? null : email)}, ` +
    `"phone_number": ${textOrNull(phoneNumber)}, "address": "${home.address}", "city": "${home.city}", ` +
    `"country": "${home.country}", "postcode": "${home.postcode}", "last_change": "${lastChange}", ` +
    `"segment": ${textOrNull(segment)}}`;
  return { json, traits: { leading_zero_id: id.startsWith("0"), address_newline: home.address.includes("\\n") } };
}

function makePerson(random: Random, index: number): { firstName: string; lastName: string; email: string } {
  const firstName = pick(random, FIRST_NAMES);
  const lastName = pick(random, LAST_NAMES);
  // The index makes the address one person's alone: who is forgotten must be told from all others.
  const email = `${emailPart(firstName)}.${emailPart(lastName)}${index}@${pick(random, EMAIL_DOMAINS)}`;
  return { firstName, lastName, email };
}

/** Lower case, accents and all but letters away. */
function emailPart(name: string): string {
  return name
    .normalize("NFD")
    .toLowerCase()
    .replace(/[^a-z]/g, "");
}

function alternateCase(text: string): string {
  return text.replace(/../g, (pair) => pair.charAt(0).toUpperCase() + pair.slice(1));
}

function textOrNull(text: string | null): string {
  return text === null ? "null" : `"${text}"`;
}
