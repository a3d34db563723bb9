import { below, between, chance, pick, type Random } from "./random.js";
import { STREETS, TOWNS } from "./words.js";

export interface Address {
  /** JSON-safe: a line break stands as backslash and n. */
  readonly address: string;
  readonly city: string;
  readonly country: string;
  readonly postcode: string;
}

/** Creates an address; about half of them have two lines, as in the source. */
export function makeAddress(random: Random): Address {
  const street = pick(random, STREETS);
  const number = between(random, 1, 199);
  const town = pick(random, TOWNS);
  const inHouse = chance(random, 0.5) ? "Flat" : "Studio";
  return {
    address: chance(random, 0.5) ? `${inHouse} ${number}\\n${street}` : `${number} ${street}`,
    city: town.city,
    country: town.country,
    postcode:
      town.country === "United Kingdom" ? ukPostcode(random, town.postalArea) : eircode(random, town.postalArea),
  };
}

// Without the letters that the Royal Mail keeps out of the last two places.
const INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ";
const EIRCODE_CHARACTERS = "0123456789ACDEFHKNPRTVWXY";

function ukPostcode(random: Random, area: string): string {
  return `${area}${between(random, 1, 29)} ${below(random, 10)}${letters(random, INWARD_LETTERS, 2)}`;
}

function eircode(random: Random, routingKey: string): string {
  return `${routingKey} ${letters(random, EIRCODE_CHARACTERS, 4)}`;
}

function letters(random: Random, alphabet: string, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += alphabet.charAt(below(random, alphabet.length));
  return text;
}
